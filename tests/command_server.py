"""Runs `lianshan` commands for the tests, each in a process of its own that is forked after the imports.

A request is a line of JSON on standard input, the answer the exit status in a line on standard output. The modules of
the commands themselves are imported by each child: they read the environment.
"""

import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
from typing import Any

import deploy.lianshan

EXIT_TIMED_OUT = 124
OWN = ("deploy.lianshan.cli", "deploy.lianshan.demo")


def load() -> None:
    """Import the modules that the commands use."""
    importlib.import_module("typer")
    for found in pkgutil.walk_packages(deploy.lianshan.__path__, "deploy.lianshan."):
        if not found.name.startswith(OWN):
            importlib.import_module(found.name)
    gc.freeze()  # else each child takes the modules apart at its end, for half a second


def become(request: dict[str, Any]) -> None:
    """Be the command of that request, to its end."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    for number, name in enumerate((os.devnull, request["out"], request["err"])):
        opened = os.open(name, os.O_RDWR)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["lianshan", *request["arguments"]]
    importlib.import_module("deploy.lianshan.cli").app(prog_name="lianshan")


def wait(child: int, seconds: float) -> int:
    """Return the child's exit status as `subprocess` has it, EXIT_TIMED_OUT where it had to be killed."""
    ended = os.pidfd_open(child)
    try:
        in_time, _, _ = select.select([ended], [], [], seconds)
    finally:
        os.close(ended)
    if not in_time:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) if in_time else EXIT_TIMED_OUT


def main() -> None:
    """Serve until standard input ends."""
    load()
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            become(request)
            return
        print(wait(child, request["seconds"]), flush=True)


if __name__ == "__main__":
    main()
