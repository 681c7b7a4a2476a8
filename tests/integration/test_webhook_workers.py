"""Workers of webhooks on a real store: they share and hand over, and nothing is left of a webhook that is gone."""

import asyncio
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from gateway_stack import AREA, RunningGateway, until
from pymongo import AsyncMongoClient
from waiting import eventually
from webhook_receiver import Answer, Receiver
from webhook_town import SETTINGS, WORKER, add, deliveries, happen, shown

from services.gateway.deliveries.holding import Holding
from services.gateway.deliveries.records import Delivery, delivery_id

pytestmark = pytest.mark.integration
NEED = "stations.need.published"
SECOND = f"{WORKER}.second"
SUBJECTS = 7


@pytest.fixture
def second(hooked: RunningGateway) -> Iterator[str]:
    """Another worker beside the first."""
    hooked.start(WORKER, called=SECOND, **SETTINGS)
    yield SECOND
    if SECOND in hooked.processes:
        hooked.stop(SECOND)


def holders(hooked: RunningGateway, client: httpx.Client) -> Counter[str]:
    """The number of the client's webhooks that each worker holds; "" for nobody."""
    mine = [webhook["id"] for webhook in client.get("/v1/webhooks").json()["items"]]
    with hooked.database() as database:
        return Counter(row["holder"] for row in database["webhooks"].find({"_id": {"$in": mine}}))


def arrivals(receiver: Receiver, number: int) -> tuple[set[str], dict[str, list[str]]]:
    """The ids that came for the webhook of that number; by subject the sequences as they came first."""
    mine = [one for one in receiver.posts() if one.path.endswith(f"&webhook={number}")]
    first_times: dict[str, dict[str, None]] = {}
    for one in mine:
        first_times.setdefault(one.event["subject"], {}).setdefault(one.event["sequence"])
    return {one.event["id"] for one in mine}, {name: list(found) for name, found in first_times.items()}


def test_two_workers_share_the_webhooks_and_one_goes_on_in_order_with_those_of_another_that_is_killed(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver, second: str
) -> None:
    for number in range(6):
        body = {"name": "A platform", "url": f"{receiver.url}&webhook={number}"}
        assert caller.post("/v1/webhooks", json=body).status_code == 201
    until(lambda: sorted(holders(hooked, caller).values()) == [3, 3], "each has its half")
    events: list[str] = []

    def go_on(bursts: int) -> None:
        for _ in range(bursts):
            events.extend(happen(hooked, [(NEED, f"need_{nth % SUBJECTS}", AREA) for nth in range(40)]))

    go_on(4)
    until(lambda: len(receiver.posts()) > 100, "messages are on their way")
    hooked.stop(second, signal.SIGKILL)
    go_on(4)
    until(lambda: list(holders(hooked, caller).values()) == [6], "the other holds them all")
    go_on(2)

    def look() -> None:
        for number in range(6):
            came, by_subject = arrivals(receiver, number)
            assert came == set(events)
            assert all(sequences == sorted(sequences) for sequences in by_subject.values())

    eventually(look, 60)


def test_a_webhook_that_is_paused_gets_nothing_and_after_that_all_that_happened_meanwhile(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    webhook = add(caller, receiver)
    before = happen(hooked, [(NEED, "need_1", AREA)])
    until(lambda: len(receiver.posts()) == 1, "it works")
    paused = caller.post(f"/v1/webhooks/{webhook['id']}/pause").json()
    assert (paused["state"], paused["reason"]["code"]) == ("paused", "webhook_paused")
    assert caller.post(f"/v1/webhooks/{webhook['id']}/pause").json()["version"] == paused["version"], "once"
    until(lambda: list(holders(hooked, caller)) == [""], "no worker holds it")
    meanwhile = happen(hooked, [(NEED, "need_1", AREA), (NEED, "need_2", AREA)])
    assert caller.get("/v1/tasks", params={"code": "resume_webhook"}).json()["items"] == [], "it was its owner's wish"
    assert len(receiver.posts()) == 1
    assert caller.post(f"/v1/webhooks/{webhook['id']}/resume").json()["state"] == "active"

    def look() -> None:
        assert {one.event["id"] for one in receiver.posts()} == {*before, *meanwhile}

    eventually(look)
    assert shown(caller, webhook)["reason"] is None


def test_deliveries_that_a_removal_has_left_are_swept_and_no_others(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Answer(500)
    webhook = add(caller, receiver)
    happen(hooked, [(NEED, "need_1", AREA)])
    until(lambda: deliveries(caller, webhook, state="waiting"), "one waits")
    left = [
        Delivery(
            id=delivery_id("webhook_gone", position), webhook="webhook_gone", position=position, event_id="e",
            type=NEED, subject="need_1", state="waiting", due=datetime.now(UTC),
        ).to_document()
        for position in range(1, 4)
    ]  # fmt: skip
    with hooked.database() as database:
        database["webhook_deliveries"].insert_many(left)
        name = database.name

    async def sweep() -> list[int]:
        async with AsyncMongoClient[dict[str, Any]](hooked.room.mongo_uri, tz_aware=True) as client:
            holding = Holding(client[name], lambda: datetime.now(UTC))
            return [await holding.sweep(), await holding.sweep()]

    assert asyncio.run(sweep()) == [3, 0]
    assert deliveries(caller, webhook, state="waiting")
