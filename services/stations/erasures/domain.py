"""An erasure (删除) through its life: requested, answered by the services, overdue, done."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Final

from pydantic import Field

from shared.contracts.erasure_parts import ErasureOutcome
from shared.contracts.persons import OWNERS
from shared.contracts.plain import NextStep
from shared.contracts.stations.erasures import ErasureShape, RequestErasure
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due, Reminders
from shared.people.erasing import ErasureStepDue

ERASED_WITHIN: Final = timedelta(days=15)
"""The deadline. The law names none (Personal Information Protection Law, art. 47 and 50). The Measures for identifying
unlawful collection by apps (App违法违规收集使用个人信息行为认定方法, 2019, art. 6) allow 15 working days; ours
counts every day.
"""
DUE_BEFORE: Final = timedelta(days=3)
"""How long before its deadline an erasure that is not done counts as due."""
SETTLED: Final = frozenset({"erased", "unknown"})


class Erasure(ErasureShape, Aggregate):
    """An erasure, and by the place of a person the version of the last answer about them."""

    collection: ClassVar[str] = "erasures"
    answered: Mapping[str, int] = Field(default_factory=dict)


class ErasureDue(Due):
    """The deadline of an erasure has come, or it is overdue and the next level is reminded."""

    type: ClassVar[str] = "stations.erasure_due"


class NeedErasureDue(ErasureStepDue):
    """The next step in the erasure of a need's words is due: needs takes it."""

    type: ClassVar[str] = "stations.need_erasure_due"


class ResidentErasureDue(ErasureStepDue):
    """The next step in the erasure of a resident is due: residents takes it."""

    type: ClassVar[str] = "stations.resident_erasure_due"


class WorkerErasureDue(ErasureStepDue):
    """The next step in the erasure of a social worker is due: workers takes it."""

    type: ClassVar[str] = "stations.worker_erasure_due"


STEPS: Final[Mapping[str, type[ErasureStepDue]]] = {
    "need": NeedErasureDue, "resident": ResidentErasureDue, "worker": WorkerErasureDue,
}  # fmt: skip
"""The timer of the steps for each kind of person that stations keeps."""


def requested(asked: RequestErasure, erasure_id: str, reach: str, now: datetime) -> Erasure:
    """Return the new erasure. `reach` is the area of the one who asks."""
    return Erasure(
        id=erasure_id,
        version=0,
        area=asked.area,
        ground=asked.ground,
        reach=reach,
        state="under_way",
        people=tuple(ErasureOutcome(kind=one.kind, id=one.id) for one in asked.people),
        requested_at=now,
        due=now + ERASED_WITHIN,
    )


def answered(before: Erasure, nth: int, version: int, outcome: ErasureOutcome, now: datetime) -> Erasure:
    """Return the erasure with the outcome about its nth person; itself where a newer answer is known already."""
    if version <= before.answered.get(str(nth), 0) or nth >= len(before.people):
        return before
    people = (*before.people[:nth], outcome, *before.people[nth + 1 :])
    update: dict[str, object] = {"people": people, "answered": {**before.answered, str(nth): version}}
    if before.state != "done" and all(one.state in SETTLED for one in people):
        update |= {"state": "done", "done_at": now}
    return before.model_copy(update=update)


def overdue(before: Erasure, now: datetime) -> Erasure:
    """Return the erasure as overdue; itself where it is done, or not due yet."""
    if before.state != "under_way" or now < before.due:
        return before
    return before.model_copy(update={"state": "overdue"})


def find_next_step(erasure: Erasure) -> NextStep | None:
    """Return the next step: wait for services that have not answered, then end a person's open needs or dispatches.

    The silent service comes first, because the open need or dispatch has a next step of its own.
    """
    if erasure.state == "done":
        return None
    waiting = next((one for one in erasure.people if one.state == "waiting"), None)
    services = {OWNERS.get(one.kind, "") for one in erasure.people if one.state not in {*SETTLED, "waiting"}}
    if waiting is not None and not services:
        return NextStep(code="end_open_work", args={"kind": waiting.kind, "id": waiting.id}, due=erasure.due)
    return NextStep(code="await_erasure", args={"services": ",".join(sorted(services))}, due=erasure.due)


REMINDERS: Final = Reminders(ErasureDue, frozenset({"await_erasure", "end_open_work"}))
