"""The `lianshan` command as tests run it: in a process of its own, without the second that its imports take."""

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from command_server import EXIT_TIMED_OUT

from deploy.lianshan.local.services import SOURCE

Done = subprocess.CompletedProcess[str]
SECONDS = 180.0
_one_at_a_time = threading.Lock()


def lianshan(environment: Mapping[str, str], *arguments: str, seconds: float = SECONDS, columns: int = 200) -> Done:
    """Return the ended command with its words. Raises TimeoutExpired."""
    with TemporaryDirectory() as folder, _one_at_a_time:
        out, err = Path(folder) / "out", Path(folder) / "err"
        out.touch()
        err.touch()
        request = {
            "arguments": arguments,
            "environment": {"COLUMNS": str(columns), **environment},
            "folder": str(Path.cwd()),
            "out": str(out),
            "err": str(err),
            "seconds": seconds,
        }
        status = _ask(json.dumps(request))
        words, complaints = out.read_text(), err.read_text()
    if status == EXIT_TIMED_OUT:
        raise subprocess.TimeoutExpired(list(arguments), seconds, words, complaints)
    return Done(list(arguments), status, words, complaints)


def _ask(request: str) -> int:
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(f"{request}\n")
    server.stdin.flush()
    answer = server.stdout.readline()
    assert answer, f"the server of commands has ended with {server.wait(10)}"
    return int(answer)


@cache
def _server() -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LIANSHAN_")}
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("command_server.py"))],
        env={**environment, "PYTHONPATH": str(SOURCE)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    atexit.register(_end, server)
    return server


def _end(server: subprocess.Popen[str]) -> None:
    server.communicate(timeout=10)
