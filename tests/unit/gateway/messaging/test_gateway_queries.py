"""Queries: sent whole in one form, and the ways in which a service's reply is read."""

import asyncio
import json
from typing import Any

import pytest
from actors import ANYBODY

from services.gateway.messaging import owner_keys
from services.gateway.messaging.broker import Request
from services.gateway.messaging.queries import Queries
from services.gateway.tracing import NoTracer
from shared.contracts import Query, Refused
from shared.contracts.charity.donors import DonorDetailsAnswer, ReadDonor
from shared.runtime.logging import bind_message, clear_message

DONOR = {
    "id": "donor_1", "version": 1, "area": "110105", "name": "Lin Example", "phone": None,
    "registered_at": "2026-03-02T08:00:00Z",
}  # fmt: skip
READ = ReadDonor(donor_id="donor_1")


class Broker:
    """Answers every request with one reply, and keeps the requests. Its owner takes messages in clear."""

    def __init__(self, reply: object) -> None:
        self.asked: list[Request] = []
        self._reply = reply

    async def ask(self, request: Request, _: float) -> bytes:
        self.asked.append(request)
        if isinstance(self._reply, Refused):
            raise self._reply
        if b"ReadPublicKey" in request.body:
            return json.dumps(ok(None)).encode()
        return json.dumps(self._reply).encode()


def ask(reply: object, query: Query[Any] = READ, **reader: Any) -> tuple[Any, Broker, Queries]:
    broker = Broker(reply)
    queries = Queries(broker, 1.0, NoTracer())  # type: ignore[arg-type]
    return asyncio.run(queries.ask(query, **reader)), broker, queries


def refusal(reply: object) -> Refused:
    with pytest.raises(Refused) as caught:
        ask(reply)
    return caught.value


def ok(answer: object) -> dict[str, Any]:
    return {"result": {"ok": answer}, "error": None}


def test_a_query_goes_to_the_one_method_of_its_service_with_its_reader() -> None:
    answer, broker, _ = ask(ok(DONOR), actor=ANYBODY, why="GET /v1/donors/donor_1")
    assert isinstance(answer, DonorDetailsAnswer)
    request = broker.asked[-1]  # after the question for the owner's key, which is not known here
    assert request.routing_key == "charity.ask"
    (envelope,) = json.loads(request.body)["args"]
    assert envelope == {
        "type": "ReadDonor", "data": {"donor_id": "donor_1"}, "actor": ANYBODY.model_dump(mode="json"),
        "why": "GET /v1/donors/donor_1", "correlation": "", "sealed_for": "", "box": "",
    }  # fmt: skip


def test_a_query_names_the_request_that_asks() -> None:
    bind_message("0af7651916cd43dd8448eb211c80319c")
    try:
        _, broker, _ = ask(ok(DONOR), actor=ANYBODY, why="w")
    finally:
        clear_message()
    assert json.loads(broker.asked[-1].body)["args"][0]["correlation"] == "0af7651916cd43dd8448eb211c80319c"


def test_a_subject_that_does_not_exist_is_none() -> None:
    assert ask(ok(None))[0] is None


def test_fields_that_a_newer_service_has_added_are_ignored() -> None:
    assert ask(ok({**DONOR, "since": "2026"}))[0].name == "Lin Example"


def test_a_refusal_comes_out_as_the_service_said_it() -> None:
    error = {"code": "invalid", "rule": "audited_read", "field": "why", "args": {}}
    found = refusal({"result": {"error": error}, "error": None})
    assert (found.code, found.rule, found.field) == ("invalid", "audited_read", "why")


@pytest.mark.parametrize(
    ("kind", "code"), [("MethodNotFound", "unavailable"), ("UnknownService", "unavailable"), ("KeyError", "failed")]
)
def test_a_service_that_fails_or_is_missing_is_told_apart(kind: str, code: str) -> None:
    assert refusal({"result": None, "error": {"exc_type": kind, "value": "Wen Example"}}).code == code


def test_an_answer_that_breaks_its_contract_is_a_failure_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    found = refusal(ok({"id": "Wen Example"}))
    captured = capsys.readouterr()
    assert found.code == "failed"
    assert "Wen" not in str(found) + captured.out + captured.err


def test_a_service_that_does_not_answer_is_silent_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner_keys, "FIRST_SECONDS", 0.01)
    queries = Queries(Broker(Refused("deadline", "no_answer_now", service="charity")), 1.0, NoTracer())  # type: ignore[arg-type]
    with pytest.raises(Refused):
        asyncio.run(queries.ask(READ))
    assert queries.silent("charity")
    assert not queries.silent("stations")
