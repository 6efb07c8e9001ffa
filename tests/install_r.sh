#!/usr/bin/env bash
# R is the tests' second opinion on every model. Without it they say so and skip.
set -euo pipefail
packages='c("brglm2", "glmnet")'
if command -v Rscript >/dev/null &&
    Rscript -e "quit(status = !all(sapply($packages, requireNamespace, quietly = TRUE)))"; then
    exit 0
fi
if [ "$(id -u)" = 0 ]; then as_root=(); else as_root=(sudo -n); fi
{
    "${as_root[@]}" apt-get update -qq &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends r-base-core r-cran-brglm2 \
            r-cran-glmnet
} >/dev/null || echo "tests: no R (r-base-core, r-cran-brglm2, r-cran-glmnet); its comparisons are skipped" >&2
