#!/bin/sh
# `make test-docker`: an engine, the images, those of the last release, then the tests. Where no engine can be had, says why
# and leaves. What it started it stops.
set -eu
cd "$(dirname "$0")/../.."
say() { printf 'test-docker: %s\n' "$*"; }

why=$(mktemp)
pid=$(deploy/images/engine.sh 2>"$why") || {
    [ $? = 3 ] || { cat "$why" >&2; exit 1; }
    reason="no Docker engine can be had: $(cat "$why")"
    say "skipped: $reason"
    .venv/bin/python tests/permitted_skips.py "$reason"
    exit
}
rm -f "$why"
stop() { if [ -n "$pid" ]; then kill "$pid" && while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done; fi; }
trap stop EXIT
say "engine $(docker version --format '{{.Server.Version}}')"
deploy/images/build.sh --debian
tests/docker/previous.sh
.venv/bin/python -m pytest tests/docker -rA --no-header -p no:cacheprovider "$@"
