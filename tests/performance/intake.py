"""An owner on a store of MongoDB: it takes commands as its process does, by the engine's own path, without a broker."""

import time
from collections.abc import Sequence
from typing import Any, Final, cast
from uuid import uuid4

from pydantic_core import from_json
from pymongo.database import Database

from shared.catalogue import NoOwner
from shared.contracts.access.sealed import SEALED, command_context
from shared.contracts.messages import Command
from shared.contracts.subscriptions import ACTOR, BODY_DIGEST
from shared.engine.amqp.broker import Delivery, Outgoing, Publisher
from shared.engine.amqp.topology import commands_queue
from shared.engine.decide.memory import TESTER
from shared.engine.run.processor import Processor
from shared.engine.run.service import Declaration, ServiceSpec
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.replicas import Share
from shared.runtime.clock import Clock
from shared.runtime.sealed_box import BoxSealer
from shared.runtime.vault import Vault

Document = dict[str, Any]
CATALOGUE_USERS: Final = ("charity", "volunteering")
DIGEST: Final = "0" * 64
_FAILED: Final = b'{"error":'


class Callers:
    """The broker towards those who wait for answers; it takes every event."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []

    def send(self, _: Sequence[Outgoing]) -> None:
        """Take events."""

    def confirm(self) -> set[int]:
        """Refuse none of them."""
        return set()

    def publish(self, _: Sequence[Outgoing]) -> set[int]:
        """Take private events, and refuse none of them."""
        return set()

    def reply(self, messages: Sequence[Outgoing]) -> None:
        """Keep the answers."""
        self.answers += [message.body for message in messages]


class Owner:
    """One service over a database of its own; `vault` may be any that its handlers take."""

    def __init__(self, declared: Declaration, database: Database[Document], vault: Vault) -> None:
        self.database = database
        self._vault = vault
        more: dict[str, object] = {"catalogue_owner": NoOwner()} if declared.name in CATALOGUE_USERS else {}
        more |= {"share": Share()} if declared.name == "volunteering" else {}
        spec = ServiceSpec(declared.name, declared.handlers(vault=vault, **more), declared.indexes, vault=vault)
        self._processor = Processor(spec, database, Clock(), time.sleep)
        self._callers = Callers()
        self._processor.publisher = cast("Publisher", self._callers)
        ensure_indexes(database, {name: list(indexes) for name, indexes in declared.indexes.items()})

    def send(self, *commands: Command, sealed: bool = False) -> list[Delivery]:
        """Return the commands as they come from the queue, `sealed` as the gateway seals those of one moment."""
        sealer = BoxSealer(self._vault.wire_key().public, lambda _: None) if sealed else None
        return [self._deliver(command, sealer) for command in commands]

    def take(self, deliveries: Sequence[Delivery]) -> list[bytes]:
        """Process the commands in one batch; return the answers. Raises RuntimeError with the first refusal."""
        self._callers.answers.clear()
        self._processor.process(deliveries, ())
        if refused := [answer for answer in self._callers.answers if answer.startswith(_FAILED)]:
            raise RuntimeError(refused[0].decode())
        return list(self._callers.answers)

    def do(self, *commands: Command) -> Document:
        """Process the commands in one batch; return the last answer. Raises RuntimeError."""
        return dict(from_json(self.take(self.send(*commands))[-1])["ok"])

    def _deliver(self, command: Command, sealer: BoxSealer | None) -> Delivery:
        key, actor, body = str(uuid4()), TESTER.model_dump_json(), command.model_dump_json().encode()
        headers: Document = {ACTOR: actor, "correlationid": key, BODY_DIGEST: DIGEST}
        if sealer is not None:
            context = command_context(command.to, command.type, key, actor)
            body = sealer.seal(headers.pop(BODY_DIGEST).encode() + b"\n" + body, context)
            headers[SEALED] = self._vault.wire_key().id
        properties = {
            "message_id": key, "type": command.type, "reply_to": "caller", "correlation_id": key,
            "application_headers": headers,
        }  # fmt: skip
        return Delivery(commands_queue(command.to), 0, body, properties, command.to, redelivered=False)
