"""The life of a resource that a worker starts once for many tests: a failed start is tried again; it ends with the
last.

Hooks of pytest. Left to pytest, a failed start would fail every later test of the worker, and a stack would go on
beside the tests of other files to the end of the session.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

if TYPE_CHECKING:
    from _pytest.fixtures import SubRequest
from workers import FAULTS, place_of

TRIES: Final = 3
"""Starts of one fixture in a session, the first among them."""
PLACES: Final = {"stack": "stack", "gateway": "gateway", "hooked": "hooked", "whole_city": FAULTS}
"""The fixtures that end with the last test of a place, as `tests/workers.py` names it."""
_FAILED = pytest.StashKey[dict[str, list[str]]]()
_RUNNING = pytest.StashKey[dict[str, tuple[pytest.FixtureDef[Any], Any]]]()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    """Have the next test try again where a fixture of the session could not be made."""
    if fixturedef.scope != "session":
        return (yield)
    name = fixturedef.argname
    try:
        made = yield
    except Exception as error:
        before = request.config.stash.setdefault(_FAILED, {}).setdefault(name, [])
        for number, reason in enumerate(before, 1):
            error.add_note(f"start {number} of {name} failed with {reason}")
        before.append(f"{type(error).__name__}: {error}")
        if len(before) < TRIES:
            fixturedef.finish(cast("SubRequest", request))  # forgets the error
        raise
    if name in PLACES:
        request.config.stash.setdefault(_RUNNING, {})[name] = fixturedef, request
    return made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, None, None]:
    """End the resources that no later test of this worker asks for."""
    yield
    # Without xdist the files of a place are not together.
    if nextitem is None or not hasattr(item.config, "workerinput"):
        return
    place, later = place_of(item.path), place_of(nextitem.path)
    running = item.config.stash.get(_RUNNING, {})
    for name in [name for name in running if PLACES[name] == place != later]:
        fixturedef, request = running.pop(name)
        fixturedef.finish(request)
