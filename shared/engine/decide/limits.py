"""The limits of a commit, as the processor and the engine in memory both keep them: sizes, and values that are no JSON.

They are here and not with the store, so that a test without a server meets the same refusals. Pure.
"""

from typing import Final

from pydantic_core import PydanticSerializationError, to_json

from shared.contracts.envelope import MAX_EVENT_BYTES, CloudEvent
from shared.contracts.messages import Command
from shared.contracts.refusals import Refused

MAX_DOCUMENT_BYTES: Final = 16 * 1024 * 1024
"""https://www.mongodb.com/docs/manual/reference/limits/#mongodb-limit-BSON-Document-Size"""


class Conflict(Exception):  # noqa: N818 - nothing has gone wrong: another replica was first
    """Another replica has changed an entity of this batch, or has handled one of its messages: decide again."""


class NotCommittableError(Exception):
    """MongoDB refuses the batch as it is (too large, not valid): split it to find the message at fault."""


class EventTooLargeError(NotCommittableError):
    """An event of more than 64 KiB. `size` is in bytes."""

    def __init__(self, kind: str, size: int) -> None:
        super().__init__(f"{kind} of {size} bytes; an event has at most {MAX_EVENT_BYTES}")
        self.size = size


def refuse_large(command: Command, error: EventTooLargeError) -> Refused:
    """Return the refusal of a command whose event would be too large; it names the command's largest field."""
    sizes = {name: len(to_json(getattr(command, name))) for name in type(command).model_fields}
    field = max(sizes, key=lambda name: sizes[name], default=None)
    return Refused("invalid", "effect_too_large", field=field, size=error.size, limit=MAX_EVENT_BYTES)


def encode_event(event: CloudEvent) -> bytes:
    """Return the event as JSON.

    Raises EventTooLargeError for an event of more than 64 KiB, NotCommittableError for a value that is no JSON.
    """
    try:
        body = to_json(event)
    except PydanticSerializationError as error:
        raise NotCommittableError(f"{event.type} holds a value that is no JSON") from error
    if len(body) > MAX_EVENT_BYTES:
        raise EventTooLargeError(event.type, len(body))
    return body


def encode_answer(kind: str, answer: object) -> bytes:
    """Return the answer to a command of that type as JSON. Raises NotCommittableError where it is none."""
    try:
        return to_json({"ok": answer})
    except PydanticSerializationError as error:
        raise NotCommittableError(f"the answer to {kind} is no JSON") from error
