"""A service that is told to stop while it starts ends at once, in good order for its supervisor."""

import subprocess
import sys
import time
from base64 import b64encode
from typing import Final

PROGRAM: Final = """
import os, signal
from shared.runtime.process import _serve, _Stop
from shared.runtime.settings import ServiceSettings, load

class Container:
    def start(self):
        os.kill(os.getpid(), signal.SIGTERM)
    def stop(self):
        raise AssertionError("the start is not over")
    def wait(self):
        import eventlet
        eventlet.sleep(60)

settings = load(ServiceSettings)
stop = _Stop(Container(), settings.stop_seconds)
signal.signal(signal.SIGTERM, stop)
raise SystemExit(_serve(Container(), settings, stop))
"""
PROMPTLY: Final = 20.0


def test_a_service_that_is_told_to_stop_while_it_starts_ends_at_once() -> None:
    began = time.monotonic()
    environment = {
        "LIANSHAN_AMQP_URI": "amqp://nobody@127.0.0.1/",
        "LIANSHAN_MONGO_URI": "mongodb://127.0.0.1/",
        "LIANSHAN_DATA_KEY": b64encode(bytes(range(32))).decode(),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=50, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < PROMPTLY
