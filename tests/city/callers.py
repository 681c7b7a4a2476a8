"""The people who send commands. An unanswered command is sent again with the same key."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from shared.contracts.access import Actor
from shared.contracts.messages import Command
from shared.contracts.subscriptions import ACTOR, COMMANDS_EXCHANGE
from shared.engine.amqp.broker import Outgoing
from shared.engine.decide.memory import TESTER

if TYPE_CHECKING:
    from tests.city.world import World

PATIENCE_MS: Final = 12_000
"""After so long without an answer a caller asks again, with the same key."""
MOST_TRIES: Final = 60


class EndlessError(AssertionError):
    """The city does not come to rest."""


@dataclass(slots=True)
class Letter:
    """A command on its way: its key, the request, and the caller that waits for the answer."""

    key: str
    command: Command
    actor: str
    heard: Callable[[Any], None] | None
    tries: int = 0
    answer: dict[str, Any] | None = None


class People:
    """Everyone who sends commands. An unanswered command is sent again with the same key."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.letters: dict[str, Letter] = {}
        self.doomed: set[str] = set()
        """The keys of commands whose handlers fail."""
        self.waiting = 0
        self.contradictions: list[str] = []

    def ask(
        self, key: str, command: Command, heard: Callable[[Any], None] | None = None, actor: Actor = TESTER
    ) -> Letter:
        """Send the command; `heard` gets the answer, `{"ok": …}` or `{"error": …}`, once."""
        letter = self.letters[key] = Letter(key, command, actor.model_dump_json(), heard)
        self.waiting += 1
        self._send(letter)
        return letter

    def hear(self, key: str, body: bytes) -> None:
        """Take an answer. One that was final must not change."""
        letter = self.letters[key]
        answer = from_json(body)
        if answer.get("error", {}).get("code") == "unavailable":
            return  # asked again later, with the same key
        if letter.answer is not None:
            if letter.answer != answer:
                self.contradictions.append(f"{key} was answered {letter.answer}, then {answer}")
            return
        letter.answer = answer
        self.waiting -= 1
        if letter.heard is not None:
            letter.heard(answer)

    def _send(self, letter: Letter) -> None:
        if letter.answer is not None:
            return
        letter.tries += 1
        world = self._world
        if letter.tries > MOST_TRIES:
            raise EndlessError(f"{letter.command.type} {letter.key} is not answered")
        sent = round(world.time().timestamp() * 1000)
        properties = {
            "content_type": "application/json",
            "message_id": letter.key,
            "correlation_id": letter.key,
            "type": letter.command.type,
            "reply_to": "people",
            "expiration": str(PATIENCE_MS),
            "application_headers": {"correlationid": letter.key, "sent_millis": sent, ACTOR: letter.actor},
        }
        body = letter.command.model_dump_json().encode()
        world.broker.take(Outgoing(COMMANDS_EXCHANGE, letter.command.to, body, properties))
        world.after(PATIENCE_MS, self._send, letter)
