"""The stage of real processes: commands over RabbitMQ as the gateway sends them, its views in MongoDB."""

import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from pydantic_core import from_json, to_json

from deploy.lianshan.clock.movement import read_city_clock
from deploy.lianshan.clock.story import Story
from services.gateway.following.counting import live
from services.gateway.messaging.broker import RPC_EXCHANGE
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.messages import Command, Query, QueryEnvelope
from shared.contracts.subscriptions import ACTOR, COMMANDS_EXCHANGE
from shared.engine import Entity
from shared.engine.amqp.broker import Outgoing, Publisher
from shared.engine.decide.memory import TESTER
from tests.stories.stage import WHY, Document, Stage, read_reply

SECONDS = 60.0
FEATURES = {
    "needs": "needs",
    "dispatches": "dispatch",
    "stock": "stock",
    "identities": "merges",
    "volunteers": "people",
    "consents": "consents",
    "residents": "residents",
    "posts": "posts",
    "trainings": "trainings",
    "attendances": "attendances",
    "alerts": "alerts",
    "screenings": "screenings",
    "workers": "workers",
    "tasks": "tasks",
    "donations": "donations",
    "shortfalls": "shortfalls",
    "payments": "payments",
    "timebank": "timebank",
    "checks": "checks",
    "calls": "calls",
    "misdirections": "misdirections",
    "findings": "findings",
    "occurrences": "occurrences",
    "stations": "network",
    "jobs": "jobs",
    "referrals": "referrals",
    "handovers": "handovers",
    "reports_tallies": "reports",
    "reports_needs": "reports",
    "reports_visits": "reports",
    "reports_findings": "reports",
    "reports_hours": "reports",
    "reports_served_needs": "reports",
    "reports_screenings": "reports",
    "reports_alerts": "reports",
    "reports_alert_needs": "reports",
    "reports_volunteer_counts": "volunteer_years",
    "reports_people_screened_counts": "people_screened",
}
"""The feature that each view belongs to."""


class OnAStack(Stage):
    """Plays a story on running services; `played` moves their clock, `connection` is to their broker."""

    def __init__(self, connection: Any, played: Story) -> None:
        super().__init__()
        self._publisher = Publisher(connection)
        self._answers = connection.channel()
        self._queue = self._answers.queue_declare(exclusive=True).queue
        self._played = played

    def now(self) -> datetime:
        return read_city_clock(self._played.stores).city()

    def send(self, command: Command, actor: Actor = TESTER) -> Document:
        (answer,) = self._send([command], actor)
        return answer

    def send_all(self, commands: Sequence[Command]) -> list[Document]:
        return self._send(commands, TESTER)

    def _send(self, commands: Sequence[Command], actor: Actor) -> list[Document]:
        posted = {uuid4().hex: command for command in commands}
        assert not self._publisher.publish([self._post(key, command, actor) for key, command in posted.items()])
        answers = self._read_answers(posted.keys())
        for key in posted:
            if "error" in answers[key]:
                raise Refused.from_json(answers[key]["error"])
        return [answers[key]["ok"] for key in posted]

    def _post(self, key: str, command: Command, actor: Actor) -> Outgoing:
        properties = {
            "content_type": "application/json",
            "message_id": key,
            "correlation_id": key,
            "type": command.type,
            "reply_to": self._queue,
            "expiration": str(int(SECONDS * 1000)),
            "application_headers": {
                "correlationid": key,
                "sent_millis": round(self.now().timestamp() * 1000),
                ACTOR: actor.model_dump_json(),
            },
        }
        return Outgoing(COMMANDS_EXCHANGE, command.to, command.model_dump_json().encode(), properties)

    def read(self, query: Query[Any], actor: Actor) -> Document | None:
        asked = QueryEnvelope(type=query.type, data=query.model_dump(mode="json"), actor=actor, why=WHY)
        self._answers.queue_bind(self._queue, RPC_EXCHANGE, self._queue)
        key, body = uuid4().hex, {"args": [asked.model_dump(mode="json")], "kwargs": {}}
        properties = {"content_type": "application/json", "correlation_id": key, "reply_to": self._queue}
        question = Outgoing(RPC_EXCHANGE, f"{query.to}.ask", to_json(body), properties)
        assert not self._publisher.publish([question])
        return read_reply(self._read_answers([key])[key]["result"])

    def wait(self, time: timedelta) -> None:
        self._played.forward(time)

    def shown(self, collection: str) -> list[Document]:
        database = self._played.stores.of("gateway")
        return list(live(database, FEATURES[collection], collection).find({}))

    def keep(self, service: str, entity: Entity) -> None:
        self._played.stores.of(service)[entity.collection].insert_one(entity.to_document())

    def run_jobs(self, steps: int | None = None) -> None:
        """Do nothing: a worker runs beside the stack. Those that die are played in `test_imports_over_http`."""

    def until(self, holds: Callable[[], bool], words: str) -> None:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if holds():
                return
            time.sleep(0.05)
        raise AssertionError(f"expected that {words}, and waited {SECONDS:g} s")

    def _read_answers(self, keys: Collection[str]) -> dict[str, Document]:
        end, found = time.monotonic() + SECONDS, dict[str, Document]()
        while time.monotonic() < end:
            message = self._answers.basic_get(self._queue, no_ack=True)
            if message is None:
                time.sleep(0.005)
            elif (key := message.properties.get("correlation_id")) in keys:
                found[key] = from_json(message.body)
            if len(found) == len(keys):
                return found
        raise AssertionError(f"{len(keys) - len(found)} commands are not answered")
