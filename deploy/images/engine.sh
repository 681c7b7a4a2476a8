#!/bin/sh
# Has a Docker engine answer: the one there is, or Debian's, installed and started where this may be done. Prints the pid
# of an engine that it started. Exits 3 with a line that says why where there can be none.
set -eu
answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
give_up() { printf '%s\n' "$*" >&2; exit 3; }

answers && exit 0
[ "$(id -u)" = 0 ] || give_up "no Docker engine answers, and only root may install and start one"
if ! command -v dockerd >/dev/null || ! command -v docker-compose >/dev/null || ! command -v debootstrap >/dev/null; then
    command -v apt-get >/dev/null || give_up "no Docker engine is installed, and there is no apt-get to install one with"
    apt-get update -qq >/dev/null
    # RUNLEVEL=1 keeps Debian from starting the engine as a system service.
    RUNLEVEL=1 DEBCONF_NOWARNINGS=yes DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        docker.io docker-compose debootstrap iptables >/dev/null || give_up "Debian's Docker engine could not be installed"
fi
log=${TMPDIR:-/tmp}/lianshan-dockerd.log
setsid nohup dockerd >"$log" 2>&1 </dev/null &
pid=$!
for _ in $(seq 60); do
    if answers; then
        printf '%s\n' "$pid"
        exit 0
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.5
done
kill "$pid" 2>/dev/null || true
give_up "dockerd does not run here: $(grep -v level=info "$log" | tail -n 1)"
