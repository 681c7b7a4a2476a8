"""Erasures (删除) of one kind of person, one implementation for all owners: from the declaration to the last step.

An owner declares its person, its record of the person's data, and the data that stays; `erasing` has the single steps.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar

from shared.contracts.consents import ConsentWithdrawn
from shared.contracts.persons import OWNERS, PersonKind
from shared.contracts.reasons import Reason
from shared.contracts.stations.erasures import ErasureRequested, PrivateErasureRequested
from shared.engine import Entity, Get, HandlerTable, Handling, Incoming, Load, Loading, UnitOfWork, take_turn
from shared.engine.decide.loads import Turn
from shared.people.consents import ConsentsToEnd, end_consents
from shared.people.erasing import (
    ErasurePart,
    ErasureStepDue,
    NamesOf,
    Tell,
    area_of,
    delete_key,
    delete_names,
    explain_other_ids,
    finish,
    follow_requests,
    go_on,
    open_part,
    part_load,
)
from shared.people.failed_commands import FailedCommands, Traces, search_page
from shared.people.identities import identity_load
from shared.people.keys import key_loads
from shared.runtime.vault import Vault

P = TypeVar("P", bound=Entity)
R = TypeVar("R", bound=Entity)
Taking = Generator[Sequence[Load] | Turn, UnitOfWork, bool]
"""The run of one step: it may load more in its turn, and returns whether it was taken."""


class FirstSteps(Generic[P]):
    """The steps that end a person's open work before anything is deleted: here there are none.

    A service in which a person may have open work has a subclass.
    """

    def load(self, work: UnitOfWork, part: ErasurePart, person: P) -> Loading:  # noqa: ARG002
        """Load all that `take` needs, in two rounds at most."""
        yield from ()

    def take(self, work: UnitOfWork, part: ErasurePart, person: P) -> Taking:  # noqa: ARG002
        """Take one step by `go_on` or `wait`; return whether there was one. Without one the data is deleted."""
        yield from ()
        return False


NO_FIRST_STEPS: Final[FirstSteps[Any]] = FirstSteps()


@dataclass(frozen=True)
class Erasures(Generic[P, R]):
    """Erasures of one kind of person, as their owner declares them.

    `person` is the entity whose `area` must lie within the reach of the one who asked, `record` the one with the
    personal data, which is removed, or stays as `left` returns it. `due` is the timer of the steps, `withdrawn` the
    event of a consent that ends, None for a kind that gives none, `tell` the way to answer. `traces` returns the marks
    by which failed commands about the person are found, where there is still a record. `kept` are the reasons for data
    that stays, `loads` further loads of a part. `merged` is set where ids of that kind may be merged.
    """

    kind: PersonKind
    person: type[P]
    due: type[ErasureStepDue]
    withdrawn: type[ConsentWithdrawn] | None
    tell: Tell
    record: type[R]
    traces: Callable[[UnitOfWork, Vault, R], Traces]
    kept: Sequence[Reason]
    left: Callable[[R], R | None] = lambda _: None
    loads: Callable[[ErasurePart], Sequence[Load]] = lambda _: ()
    merged: bool = True

    def handlers(self) -> HandlerTable:
        """Return the handlers of a kind about which nothing is ever open."""

        def erase(message: Incoming[ErasureStepDue], vault: Vault) -> Handling:
            return self.run_step(message, vault, NO_FIRST_STEPS)

        return {self.due: erase, **self.requests()}

    def requests(self) -> HandlerTable:
        """Return the handler of the events that ask every service to erase."""
        return dict.fromkeys(
            (ErasureRequested, PrivateErasureRequested), follow_requests(OWNERS[self.kind], {self.kind: self.due})
        )

    def run_step(self, message: Incoming[ErasureStepDue], vault: Vault, first: FirstSteps[P]) -> Handling:
        """Take one step: end open work, then the consents; search the failed commands; at last delete and answer."""
        work = yield from take_turn(partial(self._load, message, first))
        part = open_part(work, message)
        if part is None:
            return
        person = work.get(self.person, part.subject)
        if person is None or not part.reaches(area_of(person)):
            finish(work, part, "unknown", self.tell)
        elif not (yield from first.take(work, part, person)):
            self._delete(work, vault, part)

    def _load(self, message: Incoming[ErasureStepDue], first: FirstSteps[P]) -> Loading:
        work = yield part_load(message)
        part = work.get(ErasurePart, message.data.part_id)
        if part is None:
            return
        subject = part.subject
        loads: list[Load] = [Get(self.person, subject), Get(self.record, subject), NamesOf(subject)]
        loads += [ConsentsToEnd(subject), FailedCommands(part.searched), *self.loads(part)]
        loads += key_loads(subject)
        work = yield [*loads, identity_load(subject)] if self.merged else loads
        person = work.get(self.person, subject)
        if person is not None:
            yield from first.load(work, part, person)

    def _delete(self, work: UnitOfWork, vault: Vault, part: ErasurePart) -> None:
        ended = True
        if self.withdrawn is not None:
            part, ended = end_consents(work, part, self.withdrawn)
        record = work.get(self.record, part.subject)
        traces = Traces(part.subject) if record is None else self.traces(work, vault, record)
        part, last = search_page(work, vault, part, traces)
        if not (ended and last):
            go_on(work, part, self.due)
            return
        if record is not None and self._forget(work, record):
            part = part.counted("personal_record")
        part = delete_names(work, delete_key(work, part, record))
        others = explain_other_ids(work, part.subject) if self.merged else ()
        finish(work, part, "erased", self.tell, (*self.kept, *others))

    def _forget(self, work: UnitOfWork, record: R) -> bool:
        """Remove the record, or all of it that does not stay; return whether anything has changed."""
        left = self.left(record)
        if left == record:
            return False
        if left is None:
            work.remove(record)
        else:
            work.put(left)
        return True
