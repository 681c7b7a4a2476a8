"""A donation that failed, was sent again by its client, and is retried by an operator: nothing is done twice unseen."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from gateway_stack import created
from lianshan_command import lianshan
from pymongo import MongoClient
from stacks import RunningStack
from waiting import eventually

pytestmark = pytest.mark.integration

AREA = "110102009021"


@pytest.fixture
def fund(stack: RunningStack) -> str:
    """The fund of a community of its own."""
    with stack.client() as api:
        rows = [{"code": AREA, "name": "Poplar Lane"}]
        assert api.post("/v1/areas:batch", json={"rows": rows}).is_success
        return created(api, "/v1/funds", {"area": AREA, "name": "Poplar Lane fund"})


@contextmanager
def damaged(stack: RunningStack, fund_id: str) -> Iterator[None]:
    """The document of the fund cannot be read."""
    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as client:
        funds = client["charity"]["funds"]
        whole = funds.find_one_and_update({"_id": fund_id}, {"$unset": {"area": 1}})
        assert whole is not None
        yield
        funds.update_one({"_id": fund_id}, {"$set": {"area": whole["area"]}})


def test_a_retry_of_a_failed_donation_shows_the_later_one_and_waits_for_consent(stack: RunningStack, fund: str) -> None:
    gift = {"fund_id": fund, "amount_fen": 500}
    with stack.client() as api:

        def give(key: str) -> httpx.Response:
            return api.post("/v1/donations", json=gift, headers={"Idempotency-Key": key})

        def balance() -> int:
            return int(api.get(f"/v1/funds/{fund}").json()["balance_fen"])

        with damaged(stack, fund):
            failed = give("closed-1")
        assert (failed.status_code, failed.json()["rule"]) == (500, "kept_for_operator"), failed.text
        again, other = give("closed-1"), give("closed-2")
        assert (again.status_code, again.text) == (failed.status_code, failed.text), "the key is closed"
        assert other.status_code == 201, other.text
        eventually(lambda: _same(balance(), 500))

        letter = failed.json()["args"]["letter"]
        unasked = lianshan(stack.environment, "dlq", "retry", letter)
        assert unasked.returncode == 1
        assert "1 later command of the same sender" in unasked.stderr
        assert "Donate" in unasked.stderr
        assert other.json()["id"] in unasked.stderr
        assert "give --yes" in unasked.stderr
        assert balance() == 500
        done = lianshan(stack.environment, "dlq", "retry", letter, "--yes", "--by", "op", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["later"][0]["later"] == 1
        eventually(lambda: _same(balance(), 1_000))
        outcome = give("closed-1")
        assert (outcome.status_code, outcome.json()["amount_fen"]) == (201, 500), "the outcome of the retry"
        assert balance() == 1_000


def _same(found: int, wanted: int) -> None:
    assert found == wanted
