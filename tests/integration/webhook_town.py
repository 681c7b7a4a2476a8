"""A gateway with webhook workers and no service behind it: the tests write its feed themselves."""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from gateway_stack import RunningGateway, running_gateway
from pymongo import WriteConcern
from stacks import Servers
from waiting import eventually
from webhook_receiver import Receiver

from services.gateway.projection.feed import feed_id

WORKER = "gateway.webhooks"
WEBHOOK_KEY = base64.b64encode(b"\7" * 32).decode()
SETTINGS = {
    "webhook_key": WEBHOOK_KEY,
    "webhook_networks": "127.0.0.0/8",
}


@contextmanager
def running_hooks(servers: Servers, folder: Path) -> Iterator[RunningGateway]:
    """The API and one worker, that may send to loopback."""
    with running_gateway(servers, folder, ("gateway", WORKER), **SETTINGS) as running:
        yield running


def happen(gateway: RunningGateway, events: Sequence[tuple[str, str, str]]) -> list[str]:
    """Append events to the feed, each of a type, about a subject, in an area; gives their ids."""
    written = []
    with gateway.database() as database:
        concern = WriteConcern("majority")
        with database.client.start_session() as session, session.start_transaction(write_concern=concern):
            head = database["feed_head"].find_one({"_id": "feed"}, session=session) or {"last": 0, "epoch": "e1"}
            for cursor, (kind, subject, area) in enumerate(events, head["last"] + 1):
                item = _item(cursor, kind, subject, area)
                written.append(json.loads(item["event"])["id"])
                database["feed"].insert_one(item, session=session)
            news = {"last": head["last"] + len(events), "epoch": head["epoch"], "lease": 0, "version": 1}
            database["feed_head"].replace_one({"_id": "feed"}, {"_id": "feed", **news}, upsert=True, session=session)
    return written


def _item(cursor: int, kind: str, subject: str, area: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    event = {
        "specversion": "1.0", "id": uuid4().hex, "source": f"/lianshan/{kind.partition('.')[0]}", "type": kind,
        "subject": subject, "time": now.isoformat(), "datacontenttype": "application/json",
        "sequence": f"{cursor:010}", "correlationid": "c", "causationid": "c", "traceparent": "", "area": area,
        "data": {"words": "需求"},
    }  # fmt: skip
    return {
        "_id": feed_id(cursor), "cursor": cursor, "type": kind, "area": area, "partition": 0, "version": 1,
        "event": json.dumps(event, ensure_ascii=False), "mark": round(now.timestamp() * 1000) << 20,
    }  # fmt: skip


def add(api: httpx.Client, receiver: Receiver, **more: Any) -> dict[str, Any]:
    """Register the receiver; gives the answer with the secret."""
    answer = api.post("/v1/webhooks", json={"name": "A platform", "url": receiver.url, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(receiver: Receiver) -> list[str]:
    """The ids of the messages, as often as they came."""
    return [one.event["id"] for one in receiver.posts()]


def comes(receiver: Receiver, wanted: Sequence[str], seconds: float = 20) -> None:
    """Wait until each of those messages has come."""

    def look() -> None:
        assert not set(wanted) - set(ids(receiver))

    eventually(look, seconds)


def shown(client: httpx.Client, webhook: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/v1/webhooks/{webhook['id']}").json()
    return found


def deliveries(client: httpx.Client, webhook: dict[str, Any], **asked: str) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/webhooks/{webhook['id']}/deliveries", params={"limit": 200, **asked})
    found: list[dict[str, Any]] = answer.json()["items"]
    return found
