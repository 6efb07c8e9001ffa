#!/usr/bin/env bash
# The report site is tested in a real browser. Without one its tests say so and skip.
set -euo pipefail
if command -v chromium >/dev/null; then
    exit 0
fi
if [ "$(id -u)" = 0 ]; then as_root=(); else as_root=(sudo -n); fi
{
    "${as_root[@]}" apt-get update -qq &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends chromium
} >/dev/null || echo "tests: no Chromium (chromium); the report site's tests in it are skipped" >&2
