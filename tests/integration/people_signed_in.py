"""People with accounts: made, their passwords set, signed in."""

from itertools import count
from typing import Any, Final

import httpx
from gateway_stack import AREA, RunningGateway

WORDS: Final = "seven grey herons by the lake"
_NAMES: Final = count(1)


def new_name() -> str:
    """The name of no account so far."""
    return f"elm-lane-{next(_NAMES)}"


def account(head: httpx.Client, **other: Any) -> dict[str, Any]:
    body = {"name": new_name(), "roles": ["station_worker"], "area": AREA, **other}
    made = head.post("/v1/accounts", json=body)
    assert made.status_code == 201, made.text
    return dict(made.json())


def opened(head: httpx.Client, stranger: httpx.Client, **other: Any) -> dict[str, Any]:
    """An account whose person has set a password."""
    made = account(head, **other)
    done = stranger.post("/v1/passwords", json={"code": made["code"], "password": WORDS})
    assert (done.status_code, done.json()["state"]) == (200, "active"), done.text
    return made


def sign_in(stranger: httpx.Client, name: str, password: str = WORDS) -> httpx.Response:
    return stranger.post("/v1/sessions", json={"name": name, "password": password})


def session(
    gateway: RunningGateway, stranger: httpx.Client, made: dict[str, Any], password: str = WORDS
) -> httpx.Client:
    answer = sign_in(stranger, made["name"], password)
    assert answer.status_code == 201, answer.text
    return gateway.client(answer.json()["token"])


def refused(answer: httpx.Response, status: int, rule: str) -> None:
    assert (answer.status_code, answer.json()["rule"]) == (status, rule), answer.text
