#!/usr/bin/env bash
# Compiles a TypeScript client of the description and plays the main story with it, which users of Lianshan do not
# need. Installs Node where it is missing.
set -euo pipefail
cd "$(dirname "$0")/../../.."

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    apt-get update -qq >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
fi
.venv/bin/python -m pytest -m node tests/integration/test_typescript_client.py
