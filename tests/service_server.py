"""Runs one module for the tests, each time in a process of its own that is forked after the imports.

`python service_server.py services.gateway.projector`. A request is a line of JSON on standard input, the answer a line
on standard output: the process's id for a start, its exit status or null for the id of one. Processes that are left
when standard input ends are killed.
"""

import importlib
import json
import os
import runpy
import signal
import sys
from os import fork, waitpid  # as they are before a service's imports make them cooperative
from typing import Any

COOPERATIVE = "shared.runtime.process"
ASYNCIO = frozenset(
    {
        "services.gateway",
        "services.gateway.webhooks",
        "services.gateway.exports",
        "services.volunteering.worker",
        "services.stations.worker",
    }
)
"""The processes without eventlet."""


def load(module: str) -> None:
    """Import the module's own imports before it reads its settings: this opens no connection and starts no thread."""
    if module.startswith("services.") and module not in ASYNCIO:
        importlib.import_module(COOPERATIVE)
        importlib.import_module(f"{module}.service")
        importlib.import_module("eventlet.hubs").use_hub()  # leaves the hub of the imports: each child makes its own
    else:
        name = f"{module}.__main__" if module in ASYNCIO else module
        importlib.import_module(name)
        del sys.modules[name]  # each child runs it
    importlib.import_module("shared.runtime.garbage").keep_loaded()  # this closes the connections of that hub, too


def become(module: str, request: dict[str, Any]) -> None:
    """Be the module's process, to its end."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    for number, name in enumerate((os.devnull, request["out"], request["err"])):
        opened = os.open(name, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def find_status(child: int) -> int | None:
    """Return the child's exit status as `subprocess` has it; None while it runs."""
    ended, status = waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def main(module: str) -> None:
    """Serve until standard input ends."""
    load(module)
    children: set[int] = set()
    for line in sys.stdin:
        request = json.loads(line)
        answer: int | None
        if isinstance(request, int):
            answer = find_status(request)
            if answer is not None:
                children.remove(request)
        else:
            answer = fork()
            if answer == 0:
                become(module, request)
                return
            children.add(answer)
        print(json.dumps(answer), flush=True)
    for child in children:
        os.kill(child, signal.SIGKILL)
    os._exit(0)  # without taking a thousand modules apart


if __name__ == "__main__":
    main(sys.argv[1])
