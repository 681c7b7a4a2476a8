"""The gathering of a copy: every service is asked at once, page after page, within bounds of time and bytes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from services.gateway.features.copies.answer import ServiceCopy, item_of, left_out_of
from services.gateway.messaging.queries import Queries
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.copies import COPY_QUERIES, CopyPage, CopyPeople
from shared.contracts.persons import PersonReference

SECONDS: Final = 60.0
"""How long a copy may take, all services together."""
MOST_BYTES: Final = 8 * 1024 * 1024
"""Bytes of the part of one service."""
MOST_BEGINNINGS: Final = 3
"""How often the part of one service is begun, where merges or erasures change the persons' ids while it is read."""
CHANGED: Final = "conflict"
ABSENT: Final = frozenset({"unavailable", "deadline", "failed"})
"""Refusals that say that a service did not answer, and nothing about the request."""


@dataclass
class _Part:
    """The pages of one service as far as they are read."""

    pages: list[CopyPage] = field(default_factory=list)
    bytes: int = 0
    missing: str | None = None

    def take(self, page: CopyPage) -> None:
        self.pages.append(page)
        self.bytes += sum(len(item.content) for item in page.items)


async def gather(
    queries: Queries, caller: Actor, people: Sequence[PersonReference], why: str, *, seconds: float = SECONDS,
    most_bytes: int = MOST_BYTES,
) -> list[ServiceCopy]:  # fmt: skip
    """Return the part of each service; one that is not whole names the reason code, and is not `complete`.

    Raises Refused where a service refuses the request itself, and Refused("conflict") where the ids of the persons
    have changed MOST_BEGINNINGS times while they were read.
    """
    until = monotonic() + seconds
    asked = (
        _read_whole(queries, kind(people=tuple(people)), caller, why, until=until, most_bytes=most_bytes)
        for kind in COPY_QUERIES
    )
    parts = await asyncio.gather(*asked)
    return [_describe(kind.to, part) for kind, part in zip(COPY_QUERIES, parts, strict=True)]


async def _read_whole(
    queries: Queries, asked: CopyPeople, caller: Actor, why: str, *, until: float, most_bytes: int
) -> _Part:
    """Return the part of one service, all pages of the same persons: begun again where their ids have changed."""
    for again in reversed(range(MOST_BEGINNINGS)):
        try:
            return await _read_all(queries, asked, caller, why, until=until, most_bytes=most_bytes)
        except Refused as refusal:
            if refusal.code != CHANGED or not again:
                raise
    raise AssertionError("the last beginning returns or raises")


async def _read_all(
    queries: Queries, asked: CopyPeople, caller: Actor, why: str, *, until: float, most_bytes: int
) -> _Part:
    part, after = _Part(), None
    while True:  # ends: by the last page, or by a bound
        try:
            page = await queries.ask(asked.model_copy(update={"after": after}), actor=caller, why=why)
        except Refused as refusal:
            if refusal.code not in ABSENT:
                raise
            part.missing = refusal.rule
            return part
        part.take(page)
        after = page.next
        if after is None:
            return part
        if monotonic() >= until or part.bytes >= most_bytes:
            part.missing = "copy_took_too_long" if monotonic() >= until else "copy_too_large"
            return part


def _describe(service: str, part: _Part) -> ServiceCopy:
    first = part.pages[0] if part.pages else CopyPage()
    items = [item_of(item) for page in part.pages for item in page.items]
    return ServiceCopy(
        service=service,
        complete=part.missing is None,
        missing=part.missing,
        known=list(first.known),
        items=items,
        left_out=left_out_of(first.left_out),
        failed_messages=first.letters,
        failed_messages_read=first.letters_read,
    )
