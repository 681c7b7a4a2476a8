"""Answers that nobody can tell apart: the same status, headers, body and queries of the store."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
from pymongo.database import Database

OF_ONE_REQUEST: Final = {"date", "x-correlation-id", "idempotency-key"}
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
