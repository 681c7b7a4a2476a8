#!/bin/sh
# Installs the missing requirements for work on Lianshan, and nothing that is there: a virtual environment in .venv with
# exactly the locked packages, and RabbitMQ from the system's own packages.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
lock=requirements/dev.lock
stamp=.venv/.installed

say() { printf 'setup: %s\n' "$*"; }
give_up() { printf 'setup: %s\n' "$*" >&2; exit 1; }

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

updated=no
install() {
    if [ "$updated" = no ]; then
        apt-get update -qq >/dev/null
        updated=yes
    fi
    # RUNLEVEL=1 keeps Debian from starting a system-wide server: each stack runs its own.
    RUNLEVEL=1 DEBCONF_NOWARNINGS=yes DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

command -v "$python" >/dev/null || give_up "$python is missing: install Python 3.11 or newer, or name one with PYTHON=…"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    give_up "$("$python" -V) is too old: name Python 3.11 or newer with PYTHON=…"

wanted=$(cat "$lock" pyproject.toml shared/client/pyproject.toml | sha256sum | cut -d' ' -f1)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    if ! [ -x .venv/bin/pip ]; then
        if ! "$python" -c 'import ensurepip' 2>/dev/null; then
            can_install || give_up "Python's venv is missing: on Debian or Ubuntu install python3-venv"
            say "installing python3-venv"
            install python3-venv
        fi
        say "making .venv"
        "$python" -m venv .venv
    fi
    say "installing the locked packages"
    .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e shared/client
    printf '%s\n' "$wanted" >"$stamp"
fi

if ! [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] && ! command -v rabbitmq-server >/dev/null; then
    if [ -n "${LIANSHAN_AMQP_URI:-}" ]; then
        say "RabbitMQ is not installed here; LIANSHAN_AMQP_URI names the one to use"
    elif can_install; then
        say "installing RabbitMQ"
        install rabbitmq-server
    else
        give_up "RabbitMQ is missing: install it (Debian or Ubuntu: apt-get install rabbitmq-server), or set LIANSHAN_AMQP_URI"
    fi
fi

mongod=$(command -v mongod || .venv/bin/python -c 'from deploy.lianshan.local.mongod import find; print(find())')
if ! "$mongod" --version >/dev/null 2>&1; then
    if can_install; then
        say "installing the libraries that mongod needs"
        install libcurl4 libssl3 liblzma5
    fi
    "$mongod" --version >/dev/null || give_up "mongod does not run here: put one on PATH, or set LIANSHAN_MONGO_URI"
fi
