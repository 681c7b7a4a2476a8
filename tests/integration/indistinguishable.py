"""Answers that nobody can tell apart: the same status, headers, body and queries of the store."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import httpx
from pymongo.database import Database

OF_ONE_REQUEST: Final = {"date", "x-correlation-id", "idempotency-key"}
LOOKS: Final = 5
Look = Callable[[Callable[[], httpx.Response]], tuple[httpx.Response, list[str]]]


def same(answer: httpx.Response, thing_id: str) -> tuple[int, str, dict[str, str]]:
    """The answer with its headers, without the fields that name the request itself."""
    body = answer.json()
    body.pop("correlation", None)
    headers = {name: value for name, value in answer.headers.items() if name not in OF_ONE_REQUEST}
    return answer.status_code, str(body).replace(thing_id, "ID"), headers


@contextmanager
def counting_queries(database: Database[dict[str, Any]]) -> Iterator[Look]:
    """Gives the answer to a request, and the collections of views that it looked into, once for each query."""

    def look(ask: Callable[[], httpx.Response]) -> tuple[httpx.Response, list[str]]:
        began = database.client.admin.command("hello")["localTime"]
        answer = ask()
        # Without the catalogue, which the gateway reads again from time to time by itself.
        rule = {"appName": "lianshan-gateway", "ts": {"$gte": began}, "ns": {"$regex": "(?<!catalogue)@"}}
        return answer, sorted(row["ns"] for row in database["system.profile"].find(rule))

    database.command("profile", 2)
    yield look
    database.command("profile", 0)


def look_alike(look: Look, asks: Sequence[Callable[[], httpx.Response]]) -> tuple[httpx.Response, httpx.Response, int]:
    """The answers to two requests that ask the store alike, and how often each does; fails where they never do.

    Asked again, because events of before may still be on their way into the views: the projector has the same name.
    """
    for _ in range(LOOKS):
        (one, queried), (other, as_often) = map(look, asks)
        if queried == as_often:
            return one, other, len(queried)
    raise AssertionError(f"{one.request.method} {one.request.url.path} asks its store otherwise: {queried}, {as_often}")
