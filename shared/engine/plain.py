"""The plain form of a capability: handlers for commands that change one aggregate, from pure functions.

A plain change loads one aggregate, compares its version, decides by a pure function, stores, announces and sets the
next deadline. A command that does more has a handler written by hand beside these, in the same table.

    ORGANISATIONS = Plain(Organisation, "organisation", OrganisationShape, next_step)
    HANDLERS = {
        RegisterOrganisation: ORGANISATIONS.create(registered, OrganisationRegistered),
        SuspendOrganisation: ORGANISATIONS.change(suspended, OrganisationSuspended),
    }
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Generic, TypeVar

from pymongo import IndexModel

from shared.contracts.messages import Command, EventData
from shared.contracts.plain import Action, Creation, NextStep, Reminder, Shape
from shared.contracts.refusals import Refused
from shared.engine.decide.entity import Entity
from shared.engine.decide.external_ids import Namer, keep_name, name_load
from shared.engine.decide.handlers import Handler, Handling
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.loads import TURN, Get, Load
from shared.engine.decide.schema import Document
from shared.engine.decide.unit_of_work import UnitOfWork
from shared.engine.reminders import Due, Keeping, Reminders
from shared.engine.store.untimed import Untimed


class Aggregate(Entity):
    """An entity that changes by plain changes: each makes one version and one event.

    A capability's aggregate extends its contract's Shape by private fields, so that a public field is declared once:
    `class Organisation(OrganisationShape, Aggregate)`. It is stored as its JSON, so that dates have a form in BSON.
    """

    area: str

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return all fields or `only` these as JSON; the next step is derived, so it is not stored."""
        return self.model_dump(mode="json", include=only, exclude={"next_step"})  # type: ignore[arg-type]


class Claim(Entity):
    """A value that one aggregate may hold at a time, such as a credit code. `holder` is empty while nobody holds it.

    `area` is that of the holder.
    A document of its own, so that of two replicas that decide at once the later one conflicts and decides again.
    """

    collection: ClassVar[str] = "claims"
    holder: str = ""
    area: str = ""


CLAIM_INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {Claim.collection: []}


@dataclass(frozen=True, slots=True)
class Exclusive:
    """A value that an aggregate holds alone; `field` is the field of the commands that give it."""

    value: str
    field: str


A = TypeVar("A", bound=Aggregate)
C = TypeVar("C", bound=Creation)
C_contra = TypeVar("C_contra", bound=Command, contravariant=True)
X = TypeVar("X", bound=Action)


@dataclass(frozen=True, slots=True)
class Check(Generic[C_contra]):
    """A rule of a command about other entities: `loads` names them, `check` refuses. Both are pure."""

    loads: Callable[[C_contra], Sequence[Load]]
    check: Callable[[C_contra, UnitOfWork], None]


@dataclass(frozen=True)
class Plain(Generic[A]):
    """One kind of plain aggregate.

    `kind` begins its ids, `shape` is its outward shape. Of an aggregate as it stands, `next_step` returns the next
    step, `exclusive` the values that it holds alone, and `deadline` the instant and the timer of its next deadline.
    With `reminders`, people are reminded of a step that is overdue, by a timer of its own; where the place of `keeping`
    is left, the level above it is the first.
    """

    model: type[A]
    kind: str
    shape: type[Shape]
    next_step: Callable[[A], NextStep | None]
    exclusive: Callable[[A], Sequence[Exclusive]] = lambda _: ()
    deadline: Callable[[A], tuple[datetime, Due] | None] = lambda _: None
    reminders: Reminders | None = None
    keeping: Keeping[A] | None = None

    def create(
        self, decide: Callable[[C, str, datetime], A], event: type[EventData], check: Check[C] | None = None
    ) -> Handler:
        """Return the handler of a command that makes an aggregate: `decide(command, id, now)`. It answers the shape.

        The handler raises the errors of `decide` and `check`, and Refused("conflict") for a value that another
        aggregate holds, or a name that the caller has given before.
        """

        def handle(message: Incoming[C], vault: Namer) -> Handling:
            asked = message.data
            named = name_load(vault, message.actor.principal, self.kind, asked.external_id)
            yield [*named, *(() if check is None else check.loads(asked))]
            work = yield TURN
            if check is not None:
                check.check(asked, work)
            after = decide(asked, work.new_id(self.kind), work.now)
            yield self.load_claims(after)
            keep_name(work, vault, self.kind, after.id, asked.external_id)
            return self.store(work, None, after, event)

        return handle

    def change(
        self, decide: Callable[[X, A, datetime], A], event: type[EventData], check: Check[X] | None = None
    ) -> Handler:
        """Return the handler of a command to an aggregate: `decide(command, before, now)`. It answers the shape.

        Where `decide` returns `before` itself, nothing is stored or announced. The handler raises the errors of
        `decide` and `check`, Refused("not_found") for an unknown id and Refused("version_mismatch") where the sender
        has seen another version.
        """

        def handle(message: Incoming[X]) -> Handling:
            asked = message.data
            yield [Get(self.model, asked.id, message.actor.area), *(() if check is None else check.loads(asked))]
            work = yield TURN
            before = work.reach(self.model, asked.id, "id")
            check_version(before, self.kind, asked.expected_version)
            if check is not None:
                check.check(asked, work)
            after = decide(asked, before, work.now)
            yield self.load_claims(before, after)
            return self.store(work, before, after, event)

        return handle

    def expire(self, decide: Callable[[A, datetime], A], event: type[EventData]) -> Handler:
        """Return the handler of the deadline: `decide(before, now)`.

        A timer may fire late or repeatedly: `decide` returns `before` itself where nothing is due.
        """

        def handle(message: Incoming[Due]) -> Handling:
            yield [Get(self.model, message.data.id)]
            work = yield TURN
            before = work.require(self.model, message.data.id, "id")
            after = decide(before, work.now)
            yield self.load_claims(before, after)
            self.store(work, before, after, event)

        return handle

    def remind(self, event: type[EventData], decide: Callable[[A, datetime], A] = lambda before, _: before) -> Handler:
        """Return the handler of the timer of `reminders`: the next level is reminded, by the event.

        `decide(before, now)` returns the aggregate as its deadline changes it. A timer that fires early or repeatedly
        reminds nobody.
        """

        def handle(message: Incoming[Due]) -> Handling:
            yield [Get(self.model, message.data.id)]
            work = yield TURN
            before = work.require(self.model, message.data.id, "id")
            yield [*self.load_claims(before), *(() if self.keeping is None else self.keeping.loads(before))]
            after = decide(before, work.now)
            step, last, at = self._reminded_of(after)
            if self.reminders is None or step is None or at is None:
                return
            if at > work.now:
                work.remind(self.step_timer(before.id), at, self.reminders.timer(id=before.id))
            else:
                left = self.keeping is not None and self.keeping.is_left(work, before)
                reminder = self.reminders.reminded(after.area, last, step, work.now, left=left)
                self.store(work, before, after.model_copy(update={"reminder": reminder}), event)

        return handle

    def pass_on(self, work: UnitOfWork, before: A, event: type[EventData]) -> None:
        """Remind the next level at once of a step that is overdue: the last one is not there any more.

        Needs `load_claims` of an aggregate with `exclusive` values.
        """
        step, last, _ = self._reminded_of(before)
        if self.reminders is not None and step is not None and last is not None:
            reminder = self.reminders.reminded(before.area, last, step, work.now)
            self.store(work, before, before.model_copy(update={"reminder": reminder}), event)

    def describe(self, aggregate: A) -> Shape:
        """Return the outward shape of the aggregate, with its next step."""
        return self.shape.model_validate({**aggregate.__dict__, "next_step": self.next_step(aggregate)})

    # ---- storing ------------------------------------------------------------------------------------------

    def load_claims(self, *states: A) -> list[Load]:
        """Return the loads of the values that the aggregate holds in these states, for `store`."""
        return [Get(Claim, value) for value in sorted({self._key(held) for a in states for held in self.exclusive(a)})]

    def _key(self, held: Exclusive) -> str:
        return f"{self.kind}:{held.field}:{held.value}"

    def store(self, work: UnitOfWork, before: A | None, after: A, event: type[EventData]) -> Shape:
        """Store, announce and time a change, and return the outward shape; nothing where `after` is `before`.

        Also for a handler written by hand; one of an aggregate with `exclusive` values loads their claims before.
        """
        if after is before:
            return self.describe(after)
        self._hold(work, before, after)
        _, last, at = self._reminded_of(after)
        # Another step has a deadline of its own: nobody is late with it yet.
        ends = last is None and getattr(after, "reminder", None) is not None
        stored = work.put(after.model_copy(update={"reminder": None}) if ends else after)
        shape = self.describe(stored)
        work.emit(event.model_validate(shape.__dict__), about=stored, area=stored.area)
        if (deadline := self.deadline(stored)) is not None:
            work.remind(self._timer(stored.id), *deadline)
        elif before is not None:
            work.forget(self._timer(stored.id))
        if self.reminders is not None and at is not None:
            work.remind(self.step_timer(stored.id), at, self.reminders.timer(id=stored.id))
        elif self.reminders is not None and before is not None:
            work.forget(self.step_timer(stored.id))
        return shape

    def _reminded_of(self, aggregate: A) -> tuple[NextStep | None, Reminder | None, datetime | None]:
        """Return the step that somebody is reminded of, its last reminder and the instant of the next one."""
        if self.reminders is None:
            return None, None, None
        return self.reminders.find(self.next_step(aggregate), getattr(aggregate, "reminder", None))

    def _hold(self, work: UnitOfWork, before: A | None, after: A) -> None:
        """Take the values that the aggregate holds now, and free those that it held before."""
        wanted = {self._key(held): held for held in self.exclusive(after)}
        for key, held in wanted.items():
            claim = work.get(Claim, key) or Claim(id=key)
            if claim.holder not in {"", after.id}:
                raise _held(work, claim, held)
            if (claim.holder, claim.area) != (after.id, after.area):
                work.put(claim.model_copy(update={"holder": after.id, "area": after.area}))
        for key in {self._key(held) for held in self.exclusive(before)} - wanted.keys() if before is not None else ():
            if (freed := work.get(Claim, key)) is not None and freed.holder == after.id:
                work.put(freed.model_copy(update={"holder": "", "area": ""}))

    def _timer(self, aggregate_id: str) -> str:
        return f"{self.kind}:{aggregate_id}"

    def find_untimed(self, is_open: Callable[[str | None], bool]) -> Untimed:
        """Return the rule that gives the timer of `reminders` to those without one: of a release that had none.

        `is_open` takes the stored state. Raises ValueError where the kind has no reminders.
        """
        if self.reminders is None:
            raise ValueError(f"nobody is reminded of a step of {self.kind}")
        timer = self.reminders.timer
        return Untimed(self.model.collection, is_open, lambda one: (self.step_timer(one), timer(id=one)))

    def step_timer(self, aggregate_id: str) -> str:
        """Return the key of the timer of `reminders`."""
        return f"{self.kind}:{aggregate_id}:step"


def _held(work: UnitOfWork, claim: Claim, held: Exclusive) -> Refused:
    """Return the refusal of a value that another holds: with the holder's id for an actor who reaches it alone."""
    if work.message.actor.reaches(claim.area):
        return Refused("conflict", "held_by_another", field=held.field, value=held.value, holder=claim.holder)
    return Refused("conflict", "held_elsewhere", field=held.field, value=held.value)


def check_version(before: Entity, kind: str, expected: int | None) -> None:
    """Raise Refused("version_mismatch") naming If-Match where another version than the current one is expected.

    RFC 9110, section 13.1.1. None expects nothing.
    """
    if expected is not None and expected != before.version:
        raise Refused(
            "version_mismatch",
            "version_not_current",
            field="If-Match",
            kind=kind,
            current=before.version,
            expected=expected,
        )
