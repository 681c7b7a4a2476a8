"""A need for a thousand people on a running stack, with the thousands of volunteers who are asked."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from services.gateway.following.counting import live
from services.volunteering.matching.domain.volunteers import ANY_TAG, Volunteer
from shared.contracts.messages import Command
from shared.contracts.subscriptions import ACTOR, COMMANDS_EXCHANGE
from shared.engine.amqp.broker import Outgoing, Publisher, keep_alive
from shared.engine.decide.memory import TESTER
from tests.stories.on_a_stack import OnAStack

PEOPLE: Final = 1_000
SECONDS: Final = 400.0


class Crowd(OnAStack):
    """A stage with so many people that each is stored as registration stores one, and shown by counts."""

    def __init__(self, connection: Any, played: Any) -> None:
        super().__init__(connection, played)
        self._connection, self._senders = connection, Publisher(connection)
        self.took: dict[str, float] = {}
        """Seconds of each step."""

    def settle_in(self, people: int) -> None:
        """Store so many volunteers, all of them to be asked."""
        rows = self._played.stores.collection("volunteering", Volunteer.collection)
        city = [
            Volunteer(
                id=f"vol_{self.city}{nth:020}", version=1, area=self.home, home=(113.1, 23.1), tags=(ANY_TAG,)
            ).to_document()
            for nth in range(people)
        ]
        rows.insert_many(city)

    def counts(self, need: str) -> Counter[str]:
        """The need's dispatches by state, as the gateway shows them."""
        shown = live(self._played.stores.of("gateway"), "dispatch", "dispatches")
        groups = shown.aggregate([{"$match": {"need_id": need}}, {"$group": {"_id": "$state", "n": {"$sum": 1}}}])
        return Counter({row["_id"]: row["n"] for row in groups})

    def offers_of(self, need: str) -> list[str]:
        """The need's open offers."""
        shown = live(self._played.stores.of("gateway"), "dispatch", "dispatches")
        return [row["_id"] for row in shown.find({"need_id": need, "state": "offered"}, {"_id": 1})]

    def post_all(self, commands: list[Command]) -> None:
        """Send commands without waiting for their answers."""
        actor = TESTER.model_dump_json()
        sent = []
        for command in commands:
            key = uuid4().hex
            headers = {"correlationid": key, ACTOR: actor}
            properties = {
                "content_type": "application/json", "message_id": key, "correlation_id": key, "type": command.type,
                "expiration": str(int(SECONDS * 1000)), "application_headers": headers,
            }  # fmt: skip
            sent.append(Outgoing(COMMANDS_EXCHANGE, command.to, command.model_dump_json().encode(), properties))
        assert not self._senders.publish(sent)

    def event_bytes(self, need: str) -> list[int]:
        """The sizes of all events about the need's staffing, in bytes."""
        feed = self._played.stores.collection("gateway", "feed")
        rule = {"type": {"$regex": "^volunteering\\.staffing\\."}, "event": {"$regex": f'"subject":"{need}"'}}
        return [len(row["event"].encode()) for row in feed.find(rule, {"event": 1})]

    def step(self, name: str, holds: Callable[[], bool]) -> None:
        """Wait until the condition holds, and note how long that took."""
        began = time.monotonic()
        while not holds():
            assert time.monotonic() - began < SECONDS, f"waited {SECONDS:g} s in vain for {name}"
            keep_alive(self._connection)
            time.sleep(0.2)
        self.took[name] = round(time.monotonic() - began, 1)
