"""Reminders of overdue steps of plain aggregates, level by level. Pure."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from shared.contracts.messages import Timer
from shared.contracts.overdue_levels import LAST_LEVEL, find_next_level
from shared.contracts.plain import NextStep, Reminder
from shared.engine.decide.loads import Load
from shared.engine.decide.unit_of_work import UnitOfWork

AT_ONCE: Final = timedelta(milliseconds=1)
"""The time to a step that goes on with the last one: a timer of the same instant would count as its repetition."""


T = TypeVar("T")


class Due(Timer):
    """The deadline of a plain aggregate. Each capability has a subclass with its `type`."""

    id: str


@dataclass(frozen=True, slots=True)
class Reminders:
    """Reminders of a next step that is overdue: its own level at once, the street centre after `escalate`, the district
    after as long again and then after each `repeat`.

    `steps` are the codes of the steps that are reminded of, `timer` fires for them. The aggregate and its shape have a
    field `reminder: Reminder | None`, which ends with the step. Reminders of the steps `above` begin with the street
    centre: the station has done its part, or has no people of its own.
    """

    timer: type[Due]
    steps: AbstractSet[str]
    escalate: timedelta = timedelta(hours=24)
    repeat: timedelta = timedelta(days=7)
    above: AbstractSet[str] = frozenset()

    def reminded(
        self, area: str, last: Reminder | None, step: NextStep, now: datetime, *, left: bool = False
    ) -> Reminder:
        """Return the reminder of the next level, at `now`; with `left` nobody is at the station any more."""
        level, area = find_next_level(area, None if last is None else last.level, left=left or step.code in self.above)
        again = self.repeat if level == LAST_LEVEL else self.escalate
        return Reminder(step=step.code, was_due=step.due or now, level=level, area=area, next_at=now + again)

    def find(
        self, step: NextStep | None, last: Reminder | None
    ) -> tuple[NextStep | None, Reminder | None, datetime | None]:
        """Return the step that somebody is reminded of, its last reminder and the instant of the next one, or None."""
        if step is None or step.due is None or step.code not in self.steps:
            return None, None, None
        if last is None or (last.step, last.was_due) != (step.code, step.due):
            return step, None, step.due
        return step, last, last.next_at


@dataclass(frozen=True, slots=True)
class Keeping(Generic[T]):
    """The place where an aggregate is kept: `loads` names it, `is_left` returns whether nobody is there any more."""

    loads: Callable[[T], Sequence[Load]]
    is_left: Callable[[UnitOfWork, T], bool]
