#!/usr/bin/env bash
# The checks with the agencies' own tools, which users of Lianshan do not need. Installs Node and Java where missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$root/build/agencies

install() {
    apt-get update -qq >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

if [ ! -e /usr/share/java/amqp-client.jar ] || ! command -v javac >/dev/null; then
    install default-jdk-headless librabbitmq-client-java
fi
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    install nodejs npm
fi
rm -rf "$work"
mkdir -p "$work"
cp "$here"/package.json "$here"/package-lock.json "$here"/*.js "$work"
# No script of a package runs, and each is checked against the hash that is kept.
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --silent)

"$root/.venv/bin/lianshan" contracts bundle "$work/contracts"
(cd "$work" && node check_asyncapi.js contracts/asyncapi.json)
NODE_FOLDER=$work "$root/.venv/bin/python" -m pytest -q "$here" "$root/tests/integration/test_quickstart.py"
