"""Writes: a command to the service that owns the thing, and its typed answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final, TypeVar
from uuid import uuid4

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json

from services.gateway.messaging.broker import Broker, Request
from services.gateway.messaging.door import Door
from services.gateway.messaging.owner_keys import FORMER_KEY, OwnerKey, OwnerKeys
from services.gateway.messaging.pauses import Pauses
from services.gateway.tracing import Tracer
from shared.contracts import Command, Refused
from shared.contracts.access import Actor
from shared.contracts.access.sealed import SEALED, command_context
from shared.contracts.messages import MAX_COMMAND_BYTES
from shared.contracts.subscriptions import ACTOR, BODY_DIGEST, COMMANDS_EXCHANGE
from shared.runtime.logging import get_logger

A = TypeVar("A", bound=BaseModel)
M = TypeVar("M", bound=BaseModel)
ROOM: Final = MAX_COMMAND_BYTES - 4096
"""Bytes of a command's items: the rest is for the envelope around them."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The caller and the request of a command: equal origins are the same request, sent again."""

    actor: Actor
    method: str
    path: str
    idempotency_key: str
    correlation: str
    part: int = 0
    """The number of the part, of a request that is sent in several commands."""
    state: Mapping[str, object] = field(default_factory=dict, compare=False)
    """The request's state, where the digest of its body is found once the body has been read."""

    @property
    def body_digest(self) -> str:
        """The digest of the body as the caller sent it; empty where there is none."""
        return str(self.state.get(BODY_DIGEST, ""))

    def message_id(self) -> str:
        """Return one id for each principal, path, Idempotency-Key, part and person spoken for; key and correlation are
        not in it.
        """
        parts = [self.actor.principal, self.method, self.path, self.idempotency_key]
        if self.part:
            parts.append(str(self.part))
        if self.actor.speaks_for is not None:
            parts.append(f"for {self.actor.speaks_for}")
        return sha256("\n".join(parts).encode()).hexdigest()


class Commands:
    """Sends commands and gives their answers."""

    def __init__(
        self, broker: Broker, seconds: float, pauses: Pauses, door: Door, tracer: Tracer, *, owner_keys: OwnerKeys
    ) -> None:
        self._owner_keys = owner_keys
        self._broker = broker
        self._door = door
        self._seconds = seconds
        self._pauses = pauses
        self._tracer = tracer

    async def send(self, command: Command, answer: type[A], origin: Origin) -> A:
        """Send the command to its service and return the answer, read as `answer`.

        Raises Refused as the service refuses; with `invalid` for a command above 256 KiB, with `unavailable` where the
        service cannot be reached or is paused, or RabbitMQ has too little room, and with `deadline` where it does not
        answer within the seconds given.
        """
        body = encode_command(command)
        if await self._pauses.is_paused(command.to):
            raise self._pauses.refusal(command.to, maybe_done=False)
        self._door.admit()
        try:
            with self._tracer.ask(command.to, command.type) as place:
                return await self._ask(command, _request(command, body, origin, str(place or "")), answer)
        except Refused as refusal:
            # Paused meanwhile: then that is the reason for the silence.
            if refusal.code == "deadline" and await self._pauses.is_paused(command.to):
                raise self._pauses.refusal(command.to, maybe_done=True) from None
            raise

    async def _ask(self, command: Command, request: Request, answer: type[A]) -> A:
        """Send the request sealed for its owner, where that has announced a key."""
        key = await self._owner_keys.find(command.to)
        if key is None:
            return answer_of(await self._broker.ask(request, self._seconds), answer)
        try:
            return answer_of(await self._broker.ask(_seal(request, key), self._seconds), answer)
        except Refused as refusal:
            if refusal.rule != FORMER_KEY or (key := await self._owner_keys.renew(command.to)) is None:
                raise
            return answer_of(await self._broker.ask(_seal(request, key), self._seconds), answer)

    async def send_parts(self, parts: Sequence[Command], answer: type[A], origin: Origin) -> list[A]:
        """Send the commands of one request one after another, as `send` does; return their answers in order.

        Where one raises, those before it are done: the same request, sent again, finds their answers and goes on.
        """
        return [await self.send(part, answer, replace(origin, part=nth)) for nth, part in enumerate(parts)]


def split(items: Sequence[M], room: int = ROOM) -> list[tuple[M, ...]]:
    """Return the items in groups, in order, each of at most `room` bytes of JSON.

    The same items make the same groups. An item that is larger alone has a group of its own.
    """
    groups: list[list[M]] = []
    left = 0
    for item in items:
        size = len(item.model_dump_json().encode()) + 1
        if size > left:
            groups.append([])
            left = room
        groups[-1].append(item)
        left -= size
    return [tuple(group) for group in groups]


def encode_command(command: Command) -> bytes:
    """Return the command as JSON. Raises Refused("invalid") above 256 KiB, naming its largest field."""
    body = command.model_dump_json().encode()
    if len(body) > MAX_COMMAND_BYTES:
        sizes = {name: len(to_json(getattr(command, name))) for name in type(command).model_fields}
        raise Refused(
            "invalid",
            "command_too_large",
            field=max(sizes, key=lambda name: sizes[name]),
            size=len(body),
            limit=MAX_COMMAND_BYTES,
        )
    return body


def _request(command: Command, body: bytes, origin: Origin, traceparent: str) -> Request:
    return Request(
        exchange=COMMANDS_EXCHANGE,
        routing_key=command.to,
        body=body,
        type=command.type,
        message_id=origin.message_id(),
        headers={
            BODY_DIGEST: origin.body_digest,
            ACTOR: origin.actor.model_dump_json(),
            "correlationid": origin.correlation,
            "traceparent": traceparent,
        },
    )


def _seal(request: Request, key: OwnerKey) -> Request:
    """Return the request so that only its owner can open it; the digest of the caller's body is sealed with it."""
    actor = request.headers[ACTOR]
    context = command_context(request.routing_key, request.type, request.message_id, actor)
    digest = request.headers[BODY_DIGEST]
    box = key.sealer.seal(digest.encode() + b"\n" + request.body, context)
    headers = {name: value for name, value in request.headers.items() if name != BODY_DIGEST}
    return replace(request, body=box, headers={**headers, SEALED: key.id})


def answer_of(body: bytes, answer: type[A]) -> A:
    """Return a service's answer from its message. Raises Refused where the service refused.

    Fields that a newer service has added are ignored. An answer without the fields that the contract promises is
    refused as `failed`: the command may be done all the same.
    """
    content = from_json(body)
    if "error" in content:
        raise Refused.from_json(content["error"])
    try:
        return answer.model_validate(content.get("ok") or {}, extra="ignore")
    except ValidationError as error:
        # Neither the answer nor its words are logged: they may be about a person.
        fields = [".".join(map(str, part["loc"])) for part in error.errors(include_input=False, include_url=False)]
        get_logger().error("answer_not_understood", answer=answer.__name__, fields=fields)
        raise Refused("failed", "answer_not_understood") from None


def generated_key() -> str:
    """Return an Idempotency-Key for a caller that sends none: then no two requests are the same."""
    return uuid4().hex
