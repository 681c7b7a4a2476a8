#!/bin/sh
# Builds the images of compose.yaml. `--debian`: all of them, from a base made by debootstrap and from packages fetched
# beforehand, for places with no image registry; needs root, Debian's debootstrap and `make setup`.
set -eu
cd "$(dirname "$0")/../.."
say() { printf 'images: %s\n' "$*"; }
quietly() { "$@" >build/images.log 2>&1 || { tail -n 20 build/images.log >&2; exit 1; }; }
mkdir -p build
# Compose reads every secret's name before it builds.
LIANSHAN_SECRETS=$(mktemp -d)
trap 'rm -rf "$LIANSHAN_SECRETS"' EXIT
export LIANSHAN_SECRETS
deploy/compose/secrets.sh "$LIANSHAN_SECRETS"
compose="docker compose"
if command -v docker-compose >/dev/null; then compose=docker-compose; fi
files="-f deploy/compose/compose.yaml"

if [ "${1:-}" = --debian ]; then
    files="$files -f deploy/compose/compose.debian.yaml"
    say "a Debian base"
    deploy/images/debian-base.sh
    say "Python on it"
    quietly docker build --network host -f deploy/images/debian-python.Dockerfile -t lianshan/python deploy/images
    say "the locked packages"
    deploy/images/wheelhouse.sh
    mkdir -p build/images
    cp "$(.venv/bin/python -c 'from deploy.lianshan.local.mongod import find; print(find())')" build/images/mongod
fi
say "servers and services"
# shellcheck disable=SC2086 - several words each
quietly $compose $files build
