#!/usr/bin/env bash
# Makes .venv from requirements.lock: every package pinned and checked by its hash.
# Takes the package index that pip is configured for, if any.
set -euo pipefail
cd "$(dirname "$0")"
PYTHON=${PYTHON:-python3.11}

if ! command -v "$PYTHON" >/dev/null; then
    PYTHON=python3
fi
if [ "$("$PYTHON" -c 'import sys; print(sys.version_info[:2] == (3, 11))')" != True ]; then
    echo "setup: Python 3.11 is needed; found $("$PYTHON" --version)" >&2
    exit 2
fi
if ! "$PYTHON" -c 'import ensurepip' 2>/dev/null; then
    # Debian ships venv apart from Python.
    if [ "$(id -u)" = 0 ]; then as_root=(); else as_root=(sudo); fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -y -qq python3.11-venv
fi

# The second engine runs on Java; without it the project works on DuckDB alone.
if ! command -v java >/dev/null && [ -z "${JAVA_HOME:-}" ]; then
    if [ "$(id -u)" = 0 ]; then as_root=(); else as_root=(sudo -n); fi
    "${as_root[@]}" apt-get update -qq &&
        "${as_root[@]}" apt-get install -y -qq openjdk-17-jre-headless ||
        echo "setup: no Java (openjdk-17-jre-headless); Spark and its tests are left out" >&2
fi

"$PYTHON" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
    --require-hashes -r requirements-installer.lock

# The installer reads no pip configuration: pass on the index pip would use.
index=$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)
index=${PIP_INDEX_URL:-$index}
if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then
    export UV_DEFAULT_INDEX="$index"
fi
export UV_LINK_MODE=copy UV_NO_PROGRESS=1
.venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes \
    --compile-bytecode requirements.lock
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps \
    --no-build-isolation --no-index --editable .
mkdir -p warehouse
touch .venv/.ready
echo "setup: ready (.venv)"
