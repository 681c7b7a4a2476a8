"""The limits of a commit, as the processor and the engine in memory both keep them: sizes, and values that are no JSON.

Here and not with the store, so that a test without a server meets the same refusals. Pure.
"""

from typing import Final

from pydantic_core import PydanticSerializationError, to_json

from shared.contracts.envelope import MAX_EVENT_BYTES, CloudEvent

MAX_DOCUMENT_BYTES: Final = 16 * 1024 * 1024
"""https://www.mongodb.com/docs/manual/reference/limits/#mongodb-limit-BSON-Document-Size"""


class Conflict(Exception):  # noqa: N818 - nothing has gone wrong: another replica was first
    """Another replica has changed an entity of this batch, or has handled one of its messages: decide again."""


class NotCommittableError(Exception):
    """MongoDB refuses the batch as it is (too large, not valid): split it to find the message at fault."""


def encode_event(event: CloudEvent) -> bytes:
    """Return the event as JSON.

    Raises NotCommittableError for an event of more than 64 KiB, or with a value that is no JSON.
    """
    try:
        body = to_json(event)
    except PydanticSerializationError as error:
        raise NotCommittableError(f"{event.type} holds a value that is no JSON") from error
    if len(body) > MAX_EVENT_BYTES:
        raise NotCommittableError(f"{event.type} of {len(body)} bytes; an event has at most {MAX_EVENT_BYTES}")
    return body


def encode_answer(kind: str, answer: object) -> bytes:
    """Return the answer to a command of that type as JSON. Raises NotCommittableError where it is none."""
    try:
        return to_json({"ok": answer})
    except PydanticSerializationError as error:
        raise NotCommittableError(f"the answer to {kind} is no JSON") from error
