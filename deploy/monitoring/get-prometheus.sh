#!/bin/sh
# Puts promtool and prometheus into .venv/bin, taken out of Debian's package: installing it would start a daemon and
# bring eleven packages for its pages. Where that is not possible it says so, and the tests that want them are skipped.
set -eu
cd "$(dirname "$0")/../.."

say() { printf 'setup: %s\n' "$*"; }
has() { command -v "$1" >/dev/null || [ -x ".venv/bin/$1" ]; }

if has promtool && has prometheus; then exit 0; fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    say "promtool is not here: put Prometheus 2.42 or newer on PATH to test the alert rules"
    exit 0
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
say "fetching promtool"
if [ "$(id -u)" = 0 ]; then
    chmod 755 "$folder"
    apt-get update -qq >/dev/null
fi
if (cd "$folder" && apt-get download -qq prometheus >/dev/null 2>&1); then
    dpkg-deb --fsys-tarfile "$folder"/prometheus_*.deb | tar -x -C "$folder" ./usr/bin/promtool ./usr/bin/prometheus
    install -m 755 "$folder/usr/bin/promtool" "$folder/usr/bin/prometheus" .venv/bin/
else
    say "promtool could not be fetched: the alert rules are not tested"
fi
