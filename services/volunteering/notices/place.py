"""The place in the log of published events up to which notices are planned."""

from dataclasses import dataclass
from typing import ClassVar, Final

from shared.engine import Get, UnitOfWork
from shared.engine.decide.entity import Entity

STAFFINGS: Final = "staffings"
"""The one place: that of the reader of staffings."""


class NoticePlace(Entity):
    """The last event that was read: its offset in the log and its key."""

    collection: ClassVar[str] = "notice_places"

    offset: int
    key: str


@dataclass(frozen=True, slots=True)
class LogPosition:
    """The place that a reader has come to."""

    offset: int
    key: str


def position_load() -> Get[NoticePlace]:
    """Return the load that `save_position` needs."""
    return Get(NoticePlace, STAFFINGS)


def save_position(work: UnitOfWork, position: LogPosition) -> None:
    """Keep the place: of two readers that go on from one place, the later one conflicts."""
    before = work.get(NoticePlace, STAFFINGS)
    after = NoticePlace(id=STAFFINGS, version=0, offset=position.offset, key=position.key)
    work.put(after if before is None else after.model_copy(update={"version": before.version}))
