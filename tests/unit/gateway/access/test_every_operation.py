"""Every operation of the API asks for a key and its permission, before it looks at anything else of the request."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any, Final, get_args

import pytest
from described_api import app, describe

from services.gateway.access.grants import Grant
from shared.contracts.access import ROLES, Actor, Permission, Role

NO_KEY: Final = {"GET /healthz", "GET /readyz", "POST /v1/sessions", "POST /v1/passwords", "POST /v1/notice-reports"}
"""The only operations that answer without a key, besides pages of words: probes, signing in, and signed reports."""
OWN: Final = {
    "GET /v1/sessions", "DELETE /v1/sessions", "DELETE /v1/sessions/{session_id}",
    "POST /v1/accounts/{account_id}/change-password",
}  # fmt: skip
"""Those about one's own account: they ask for a session, and for no permission."""
ROLE_NAMES: Final = sorted(get_args(Role))
NOBODY: Final = "lk_" + "0" * 64
NO_SESSION: Final = "ls_" + "0" * 64
WORKER: Final = "ls_" + "1" * 64
"""The session of a station worker."""


class Keys:
    """A key for each role, which is its name."""

    async def grant(self, key: str) -> Grant | None:
        return Grant(Actor(kind="key", id=f"key_{key}", roles=(key,))) if key in ROLES else None


class Sessions:
    """One session, of a station worker."""

    async def grant(self, token: str) -> Grant | None:
        actor = Actor(kind="person", id="account_1", roles=("station_worker",))
        return Grant(actor, session_id="session_1") if token == WORKER else None


class Nothing:
    """Stands for all that a request may look at: the stores, the services, other callers' rates."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was looked at before the key")


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One loop for the thousands of requests."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(autouse=True)
def _without_backend() -> None:
    state = app().state
    state.keys, state.sessions = Keys(), Sessions()
    state.backend = state.feed = state.streams = Nothing()


def asked(runner: asyncio.Runner, method: str, path: str, key: str | None) -> tuple[int, dict[str, str], bytes]:
    """The answer of the application to a request with that key. Only to a known one it may read the body."""
    heard: list[dict[str, Any]] = []
    headers = [] if key is None else [(b"authorization", f"Bearer {key}".encode())]
    place = re.sub(r"\{[^}]*\}", "id_of_nobody", path)
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": place,
        "raw_path": place.encode(), "query_string": b"", "root_path": "", "scheme": "http", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("here", 80), "state": {},
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        assert key in ROLES, f"{method} {path} reads a body before the key"
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        heard.append(message)

    runner.get_loop().run_until_complete(app()(scope, receive, send))  # `run` sets signal handlers each time
    given = {name.decode().lower(): value.decode() for name, value in heard[0]["headers"]}
    return heard[0]["status"], given, b"".join(message.get("body", b"") for message in heard[1:])


def operations() -> Iterator[tuple[str, str, Permission | None]]:
    """Method, path and permission of each operation that asks for a key, as the description has them."""
    for path, methods in describe()["paths"].items():
        for method, operation in methods.items():
            if "security" in operation:
                (needed,) = operation["security"][0].values()
                yield method.upper(), path, needed[0] if needed else None


def test_every_operation_but_those_listed_needs_a_key_and_names_its_permission() -> None:
    every = {f"{method.upper()} {path}" for path, methods in describe()["paths"].items() for method in methods}
    keyed = {f"{method} {path}": permission for method, path, permission in operations()}
    assert every - keyed.keys() == NO_KEY
    assert {name for name, permission in keyed.items() if permission is None} == OWN
    assert {name for name in keyed if " /v1/" not in name} == {"GET /metrics"}


def test_no_operation_answers_without_a_key_or_with_an_unknown_one(runner: asyncio.Runner) -> None:
    for method, path, _ in operations():
        for key in (None, NOBODY, NO_SESSION):
            status, headers, _ = asked(runner, method, path, key)
            assert (status, headers["www-authenticate"].partition(" ")[0]) == (401, "Bearer"), f"{method} {path}"


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_a_role_is_refused_by_every_operation_whose_permission_it_lacks(runner: asyncio.Runner, role: str) -> None:
    refused = 0
    for method, path, permission in operations():
        if permission is not None and permission not in ROLES[role]:
            status, _, body = asked(runner, method, path, role)
            assert (status, f'"permission":"{permission}"'.encode() in body) == (403, True), f"{method} {path} {body!r}"
            refused += 1
    assert refused or role == "administrator"


def test_a_person_who_has_signed_in_is_refused_as_a_key_of_their_role_is(runner: asyncio.Runner) -> None:
    for method, path, permission in operations():
        status, _, _ = asked(runner, method, path, WORKER)
        assert (status == 403) == (permission not in (None, *ROLES["station_worker"])), f"{method} {path} {status}"


def test_ones_own_account_is_none_of_a_keys(runner: asyncio.Runner) -> None:
    for method, path, permission in operations():
        if permission is None:
            status, _, body = asked(runner, method, path, "administrator")
            assert (status, b'"session_needed"' in body) == (403, True), f"{method} {path}"


def test_a_caller_with_the_permission_is_let_in_by_every_operation(runner: asyncio.Runner) -> None:
    for method, path, permission in operations():
        if permission is not None:
            status, _, body = asked(runner, method, path, "administrator")
            # An administrator is no volunteer.
            assert status not in {401, 403} or b'"volunteer_needs_account"' in body, f"{method} {path}"
