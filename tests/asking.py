"""Queries asked of a service as its RPC entry answers them, on a store of the test's own."""

from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pymongo.database import Database

from shared.contracts import Query, Refused
from shared.contracts.access import Actor
from shared.contracts.messages import QueryEnvelope, answer_type
from shared.engine.run.queries import QueryRunner
from shared.engine.run.service import Declaration

A = TypeVar("A")


def ask(
    declared: Declaration, store: Database[dict[str, Any]], query: Query[A], now: datetime, *,
    actor: Actor | None = None, why: str = "", **dependencies: object,
) -> A:  # fmt: skip
    """Return the answer. Raises Refused as a gateway would."""
    runner = QueryRunner(declared.name, declared.queries(**dependencies), store, lambda: now)
    envelope = QueryEnvelope(type=query.type, data=query.model_dump(mode="json"), actor=actor, why=why)
    reply = runner.answer(envelope.model_dump(mode="json"))
    if (error := reply.get("error")) is not None:
        raise Refused.from_json(error)
    answer: A = TypeAdapter(answer_type(type(query))).validate_python(reply["ok"])
    return answer
