"""Ports for the servers that tests start: each worker has its own, so that no two choose one before either has it.

Two stacks that start at once choose among the same ports, and a port is taken only seconds after it was found free.
"""

import os
from collections.abc import Iterator
from itertools import count
from typing import Final

from deploy.lianshan.local.folder import Folder, _is_free, write_json
from deploy.lianshan.local.services import MODULES

PORTS: Final = range(10_000, 20_000)
"""Beside those that a stack chooses itself, and below those that Linux takes for connections."""
WORKERS: Final = 8
EACH: Final = len(PORTS) // WORKERS
SERVERS: Final = ("epmd", "amqp", "erlang", "broker metrics", "mongod")
"""The ports of a stack's servers, as `deploy.lianshan.local` names them."""


def _own() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    # Another session on this machine is likely to be at another place.
    return (PORTS.start + worker * EACH + (os.getpid() * 97 + n) % EACH for n in count())


_ports: Final = _own()


def free_port() -> int:
    """Return a port that nobody has, and that this worker gives nobody else soon."""
    return next(port for port in _ports if _is_free(port))


def prepare(folder: Folder, *more: str, services: bool = True) -> None:
    """Give a new folder the ports of its servers, those of `more` and those of its services."""
    names = (*SERVERS, *more, *(MODULES if services else ()))
    write_json(folder.root / "ports.json", {name: free_port() for name in names})
