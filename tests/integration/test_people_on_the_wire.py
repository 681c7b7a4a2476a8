"""People's data on a running stack: found in clear in no queue, no letter and no store, and read by its readers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import amqp
import httpx
import pytest
from identity_numbers import invented_number
from pymongo import MongoClient
from stacks import RunningStack
from waiting import eventually, until

from shared.contracts.subscriptions import COMMANDED, COMMANDS_EXCHANGE, EVENTS_EXCHANGE
from shared.engine.amqp.broker import connect

pytestmark = pytest.mark.integration

AREA = "110102009017"
NUMBER = invented_number("19560918")
SECRETS = (
    "Ouyang", "13799990001", "Shangguan", "13799990002", "Zhuge", "116.34567", "file-of-Ouyang", "Huangfu", NUMBER,
    "ouyang@",
)  # fmt: skip
VOLUNTEER = {
    "name": "Ouyang Invented", "phone": "13799990001", "area": AREA, "location": {"lon": 116.34567, "lat": 39.93},
    "external_id": "file-of-Ouyang", "identity_number": NUMBER,
    "email": "ouyang@example.org",
}  # fmt: skip


class Tap:
    """A copy of each message that is sent while it is open."""

    def __init__(self, connection: amqp.Connection) -> None:
        self.channel = connection.channel()
        self.channel.auto_decode = False
        self.queue, _, _ = self.channel.queue_declare(exclusive=True)
        for service in COMMANDED:
            self.channel.queue_bind(self.queue, COMMANDS_EXCHANGE, service)
        for exchange in ("nameko-rpc", EVENTS_EXCHANGE):
            self.channel.queue_bind(self.queue, exchange, "#")

    def read(self) -> list[tuple[str, bytes]]:
        """The exchange of each message, and all of it."""
        found = []
        while (message := self.channel.basic_get(self.queue, no_ack=True)) is not None:
            body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
            found.append((message.delivery_info["exchange"], body + str(message.properties).encode()))
        return found


@contextmanager
def tapped(stack: RunningStack) -> Iterator[Tap]:
    connection = connect(stack.addresses["amqp_uri"], "test tap")
    try:
        yield Tap(connection)
    finally:
        connection.close()


def post(api: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(path, json=body)
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json())


def find_in_clear(stack: RunningStack) -> list[str]:
    """Each collection with a document that holds one of the secrets."""
    found = []
    with MongoClient[Any](stack.addresses["mongo_uri"]) as client:
        for name in client.list_database_names():
            for collection in client[name].list_collection_names() if name not in {"admin", "config"} else ():
                rows = client[name][collection].find_raw_batches()
                if any(secret.encode() in batch for batch in rows for secret in SECRETS):
                    found.append(f"{name}.{collection}")
    return [place for place in found if not place.startswith("local.")]


def read_whole(tap: Tap) -> list[tuple[str, bytes]]:
    """The messages sent, once there is one of each kind: the last events are published after the answers."""
    sent: list[tuple[str, bytes]] = []

    def complete() -> bool:
        sent.extend(tap.read())
        return {exchange for exchange, _ in sent} >= {COMMANDS_EXCHANGE, "nameko-rpc", EVENTS_EXCHANGE}

    until(complete, "commands, queries and events")
    return sent


def test_names_telephones_and_e_mail_addresses_lie_in_clear_in_no_queue_and_no_store(stack: RunningStack) -> None:
    with tapped(stack) as tap, stack.client() as api:
        volunteer = post(api, "/v1/volunteers", VOLUNTEER)["id"]
        donor = post(api, "/v1/donors", {"name": "Shangguan Invented", "phone": "13799990002", "area": AREA})["id"]
        fund = post(api, "/v1/funds", {"area": AREA, "name": "Fund of the wire"})["id"]
        post(api, "/v1/donations", {"fund_id": fund, "amount_fen": 100, "donor": {"name": "Zhuge Invented"}})
        assert eventually(lambda: api.get(f"/v1/volunteers/{volunteer}").json()["name"]) == "Ouyang Invented"
        assert api.get(f"/v1/volunteers/{volunteer}").json()["email"] == "ouyang@example.org"
        assert eventually(lambda: api.get(f"/v1/donors/{donor}").json()["phone"]) == "+8613799990002"
        wanted = {"identity_number": NUMBER, "why": "a call about Saturday"}
        assert [one["id"] for one in post(api, "/v1/people/look-up", wanted)["items"]] == [volunteer]
        # One that cannot be carried out: it is refused, and nothing of it stays.
        assert api.post("/v1/volunteers", json={**VOLUNTEER, "name": "Huangfu Invented"}).status_code == 409
        sent = read_whole(tap)
    assert {exchange for exchange, _ in sent} >= {COMMANDS_EXCHANGE, "nameko-rpc", EVENTS_EXCHANGE}
    assert len([exchange for exchange, _ in sent if exchange == COMMANDS_EXCHANGE]) >= 5
    assert [message for _, message in sent if any(secret.encode() in message for secret in SECRETS)] == []
    assert find_in_clear(stack) == []
