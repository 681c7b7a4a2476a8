#!/usr/bin/env bash
# The pages for people in a real browser, which users of Lianshan do not need. Installs Node and Debian's Chromium where
# they are missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$root/build/pages

missing=()
{ command -v node && command -v npm; } >/dev/null || missing+=(nodejs npm)
command -v chromium >/dev/null || missing+=(chromium fonts-noto-cjk)
if ((${#missing[@]})); then
    apt-get update -qq >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
rm -rf "$work"
mkdir -p "$work"
cp "$here"/package.json "$here"/package-lock.json "$here"/*.js "$work"
# No script of a package runs, and each is checked against the hash that is kept.
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --silent)
NODE_FOLDER=$work "$root/.venv/bin/python" -m pytest -q "$here"
