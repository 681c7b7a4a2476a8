"""The end of a consent that no handling of the service itself asks for, to an agency or of a resident: withdrawn, or
its time over.

A withdrawal has no condition (Personal Information Protection Law, art. 15).
"""

from collections.abc import Callable
from dataclasses import dataclass

from shared.contracts.consents import ConsentExpired, ConsentWithdrawn, WithdrawConsent
from shared.contracts.persons import PersonKind
from shared.contracts.refusals import Refused
from shared.engine import TURN, Entity, Get, Handling, Incoming, UnitOfWork
from shared.engine.plain import Plain, check_version
from shared.people.consents.domain import Consent, ConsentDue, expired, withdrawn


@dataclass(frozen=True)
class Withdrawal:
    """The command to withdraw a consent of one kind of person, and the deadline of one.

    `record` is the entity that guards the decisions about a person, see `Consents.guarded`; None without one. `after`
    takes each consent that has ended, and begins that which follows by law.
    """

    plain: Plain[Consent]
    kind: PersonKind
    event: type[ConsentWithdrawn]
    expired: type[ConsentExpired]
    record: type[Entity] | None
    after: Callable[[UnitOfWork, Consent], None]

    def withdraw(self, message: Incoming[WithdrawConsent]) -> Handling:
        """Keep that a consent was withdrawn. Raises Refused as a plain change does."""
        asked = message.data
        work = yield [Get(Consent, asked.id, message.actor.area)]
        known = work.get(Consent, asked.id)
        yield [] if known is None or self.record is None else [Get(self.record, known.person_id)]
        work = yield TURN
        before = work.reach(Consent, asked.id, "id")
        if before.person_kind != self.kind:  # of another kind, of whom the service keeps consents as well
            raise Refused("not_found", "unknown_id", field="id", kind=self.plain.kind, id=asked.id)
        check_version(before, self.plain.kind, asked.expected_version)
        after = withdrawn(asked, before, work.now)
        if after is not before:
            self._guard(work, before.person_id)
            self.after(work, before)
        return self.plain.store(work, before, after, self.event)

    def expire(self, message: Incoming[ConsentDue]) -> Handling:
        """Keep that the time of a consent is over. Early or repeated, it changes nothing."""
        yield [Get(Consent, message.data.id)]
        work = yield TURN
        before = work.require(Consent, message.data.id, "id")
        after = expired(before, work.now)
        if after is not before:
            self.after(work, after)
        self.plain.store(work, before, after, self.expired)

    def _guard(self, work: UnitOfWork, person_id: str) -> None:
        """Store the record as it is, so that of two decided at once the second is decided again."""
        if self.record is not None and (record := work.get(self.record, person_id)) is not None:
            work.put(record)
