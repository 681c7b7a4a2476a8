"""The modules that a process loads: each in a process of its own, because here other tests have imported everything."""

import subprocess
import sys

import pytest

from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts

pytestmark = pytest.mark.integration
load_contracts()


def printed_by(program: str) -> list[str]:
    """The words that a new process prints at the end of the program."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


def loaded_by(program: str, *names: str) -> set[str]:
    """Which of these packages a new process has loaded after the program."""
    return set(printed_by(f"import sys; {program}; print(*(name for name in {names!r} if name in sys.modules))"))


def test_operations_do_without_either_framework() -> None:
    frameworks = ("fastapi", "starlette", "uvicorn", "aiormq", "nameko", "eventlet")
    assert loaded_by("import services.gateway.declaration", *frameworks) == set()


def test_the_projector_does_without_fastapi() -> None:
    assert loaded_by("import services.gateway.projector.service", "fastapi", "starlette", "uvicorn", "aiormq") == set()


def test_the_api_process_does_without_eventlet() -> None:
    assert loaded_by("import services.gateway.__main__", "eventlet", "nameko") == set()


@pytest.mark.parametrize(
    ("module", "settings"),
    [
        ("services.stations.service", "StationsSettings"),
        ("services.charity.service", "CharitySettings"),
        ("services.volunteering.service", "VolunteeringSettings"),
        ("services.gateway.projector.service", "GatewaySettings"),
    ],
)
def test_a_service_knows_every_event_also_those_it_does_not_handle(module: str, settings: str) -> None:
    program = (
        f"from {module} import {settings}, assemble; "
        f"assemble({settings}(amqp_uri='amqp://nowhere/', mongo_uri='mongodb://nowhere/', data_key=bytes(32))); "
        "from shared.contracts.messages import EVENTS; print(*sorted(EVENTS))"
    )
    assert printed_by(program) == sorted(EVENTS)
