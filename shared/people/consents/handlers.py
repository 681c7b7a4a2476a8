"""The commands of consents and the deadline of each, for the service that owns the person's data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import Any, Final

from pymongo import ASCENDING, IndexModel

from shared.contracts.consents import (
    ConsentExpired,
    ConsentGiven,
    ConsentRenewed,
    ConsentScope,
    ConsentShape,
    ConsentWithdrawn,
    GiveConsent,
    GuardianDetails,
    ReadShared,
    RenewConsent,
    WithdrawConsent,
)
from shared.contracts.messages import EventData
from shared.contracts.persons import PersonKind
from shared.contracts.plain import Shape
from shared.contracts.refusals import Refused
from shared.engine import (
    TURN,
    Capability,
    Entity,
    Get,
    HandlerTable,
    Handling,
    Holding,
    Incoming,
    Load,
    Loading,
    UnitOfWork,
)
from shared.engine.plain import Plain, check_version
from shared.engine.store.queries import QueryHandler
from shared.people.consents.domain import (
    SEALED_FIELD,
    Consent,
    ConsentDue,
    expired,
    find_deadline,
    find_next_step,
    given,
    holds,
    id_prefix,
    renewed,
    require_giver,
    require_none_beside,
    require_room,
    seal_guardian,
    withdrawn,
)
from shared.people.consents.own_handling import OwnHandling, require_own
from shared.people.consents.storage import MOST_GIVEN, GivenConsents, StandingConsents
from shared.people.consents.withdrawal import Withdrawal
from shared.people.erasing import Erased, area_of, require_not_erased
from shared.people.holdings import KEPT_NAMELESS
from shared.people.identities import all_ids, identity_load, identity_of
from shared.people.keys import Keeper, key_loads, key_of
from shared.people.reading import OpenKeys, loaded_keys
from shared.runtime.vault import Vault

INDEXES: Final = {
    Consent.collection: [IndexModel([("person_id", ASCENDING), ("_id", ASCENDING)], name="person")],
}
Born = Callable[[UnitOfWork, OpenKeys, Any], date | int | None]
"""Takes the unit of work, the person's opened keys and entity; returns the day of birth, or the year alone, or None."""


@dataclass(frozen=True)
class Consents:
    """Consents of one kind of person, as their owner declares them.

    `person` is the entity whose `area` bounds the actors, `record` the one with the personal data, for `Born`: where it
    is gone, by an erasure or by age, nothing is consented to any more. `scopes` are those of which the service holds
    data. The messages are those of the service's contract. `own` is the service's own handling that asks for consent.
    `lacks_capacity` takes the same as `born`, and returns whether a guardian decides for want of civil capacity.
    `require_able` takes the person and a field, and raises Refused for somebody who consents to nothing any more.
    `after_end` takes each consent that is withdrawn or has expired, and begins that which follows by law; a service
    with handling of its `own` goes by that instead.
    `guarded` owners store the record with every change of the person's area or state: so does a consent, and of two
    decided at once the second is decided again.
    """

    kind: PersonKind
    person: type[Entity]
    record: type[Entity]
    born: Born
    scopes: frozenset[ConsentScope]
    give: type[GiveConsent]
    renew: type[RenewConsent]
    withdraw: type[WithdrawConsent]
    given: type[ConsentGiven]
    renewed: type[ConsentRenewed]
    withdrawn: type[ConsentWithdrawn]
    expired: type[ConsentExpired]
    due: type[ConsentDue]
    read: type[ReadShared]
    reader: QueryHandler
    own: OwnHandling | None = None
    lacks_capacity: Callable[[UnitOfWork, OpenKeys, Any], bool] = lambda *_: False
    require_able: Callable[[Any, str], None] = lambda *_: None
    guarded: bool = False
    after_end: Callable[[UnitOfWork, Consent], None] = lambda *_: None

    @cached_property
    def plain(self) -> Plain[Consent]:
        """The plain form of its commands; the ids of consents begin with the kind of the person."""
        deadline = partial(find_deadline, due=self.due)
        return Plain(Consent, id_prefix(self.kind), ConsentShape, find_next_step, deadline=deadline)

    def declare(self) -> Capability:
        """Return the capability."""
        return Capability(
            "consents",
            handlers=self._handlers(),
            indexes=INDEXES,
            queries={self.read: self.reader},
            sealed={Consent.collection: {SEALED_FIELD: "person"}},
            subjects={Consent.collection: "person_id"},
            holdings=(Holding(Consent.collection, self.kind, ("person_id",), kept=KEPT_NAMELESS),),
        )

    def _handlers(self) -> HandlerTable:
        def give(message: Incoming[GiveConsent], vault: Vault) -> Handling:
            """Keep a consent. Raises Refused as `given`, `require_giver`, `require_none_beside` and `reach` do."""
            asked = message.data
            standing = StandingConsents(asked.person_id, asked.recipient, asked.purpose)
            person_load = Get(self.person, asked.person_id, message.actor.area)
            yield [person_load, standing, GivenConsents(asked.person_id), *self._person_loads(asked.person_id)]
            yield from self._load_other_ids(asked.person_id)
            yield from self._load_handling(asked.person_id)
            work = yield TURN
            person = work.reach(self.person, asked.person_id, "person_id")
            self._require_record(work, "person_id", person.id)
            self._require_scopes(asked.scopes)
            require_own(asked, self.own)
            self._require_giver(asked, person, work, vault, "person_id")
            require_none_beside(work.find(standing), asked.scopes, work.now, "scopes")
            require_room(work.find(GivenConsents(person.id)), MOST_GIVEN, "person_id")
            consent_id = work.new_id(self.plain.kind)
            sealed = self._seal(work, vault, asked.guardian, person.id, consent_id)
            area = area_of(person)
            after = given(asked, consent_id, work.now, kind=self.kind, area=area, guardian_sealed=sealed)
            self._guard(work, person.id)
            return self._store(work, None, after, self.given)

        def renew(message: Incoming[RenewConsent], vault: Vault) -> Handling:
            """Keep that a consent was given once more. Raises Refused as `renewed` and `give` do."""
            asked = message.data
            work = yield [Get(Consent, asked.id)]
            if (known := work.get(Consent, asked.id)) is not None:
                standing = StandingConsents(known.person_id, known.recipient, known.purpose)
                person_load = Get(self.person, known.person_id, message.actor.area)
                yield [person_load, standing, GivenConsents(known.person_id), *self._person_loads(known.person_id)]
                yield from self._load_other_ids(known.person_id)
                yield from self._load_handling(known.person_id)
            work = yield TURN
            before, person = self._reach_by_person(work, asked.id)
            check_version(before, self.plain.kind, asked.expected_version)
            self._require_record(work, "id", person.id)
            self._require_giver(asked, person, work, vault, "id")
            standing = StandingConsents(before.person_id, before.recipient, before.purpose)
            others = [consent for consent in work.find(standing) if consent.id != before.id]
            require_none_beside(others, before.scopes, work.now, "id")
            if before.state != "given":
                require_room(work.find(GivenConsents(person.id)), MOST_GIVEN, "id")
            sealed = self._seal(work, vault, asked.guardian, person.id, before.id)
            after = renewed(asked, before, sealed, work.now).model_copy(update={"area": area_of(person)})
            self._guard(work, person.id)
            return self._store(work, before, after, self.renewed)

        return {self.give: give, self.renew: renew, **self._endings()}

    def _endings(self) -> HandlerTable:
        if self.own is None:
            record = self.record if self.guarded else None
            end = Withdrawal(self.plain, self.kind, self.withdrawn, self.expired, record, self.after_end)
            return {self.withdraw: end.withdraw, self.due: end.expire}

        def withdraw(message: Incoming[WithdrawConsent]) -> Handling:
            """Keep that a consent was withdrawn; the handling ceases with it. Raises Refused as a plain change does."""
            asked = message.data
            work = yield [Get(Consent, asked.id, message.actor.area)]
            yield from self._load_handling_of(work, work.get(Consent, asked.id))
            work = yield TURN
            before = work.reach(Consent, asked.id, "id")
            check_version(before, self.plain.kind, asked.expected_version)
            after = withdrawn(asked, before, work.now)
            if before.state == "given":  # a person withdraws from the handling, not from one record (art. 15)
                for other in self._find_beside(work, before):
                    self.plain.store(work, other, withdrawn(asked, other, work.now), self.withdrawn)
            return self._store(work, before, after, self.withdrawn)

        def expire(message: Incoming[ConsentDue]) -> Handling:
            """Keep that the time of a consent is over; the handling ceases with it."""
            work = yield [Get(Consent, message.data.id)]
            yield from self._load_handling_of(work, work.get(Consent, message.data.id))
            work = yield TURN
            before = work.require(Consent, message.data.id, "id")
            self._store(work, before, expired(before, work.now), self.expired)

        return {self.withdraw: withdraw, self.due: expire}

    def _load_handling_of(self, work: UnitOfWork, consent: Consent | None) -> Loading:
        if consent is not None:
            yield from self._load_handling(consent.person_id)
            yield [self._standing_of(consent, one) for one in self._ids_of(work, consent)]

    def _load_handling(self, person_id: str) -> Loading:
        if self.own is not None:
            yield from self.own.load(person_id)

    def _store(self, work: UnitOfWork, before: Consent | None, after: Consent, event: type[EventData]) -> Shape:
        """Store and announce the change; the platform's own handling then goes by all consents of the person."""
        shape = self.plain.store(work, before, after, event)
        if self.own is not None and after is not before and after.purpose == self.own.purpose:
            self.own.apply(work, after.person_id)
        return shape

    def _ids_of(self, work: UnitOfWork, consent: Consent) -> Sequence[str]:
        own = self.own is not None and consent.purpose == self.own.purpose
        return self.own.ids(work, consent.person_id) if self.own is not None and own else (consent.person_id,)

    def _standing_of(self, consent: Consent, person_id: str) -> StandingConsents:
        return StandingConsents(person_id, consent.recipient, consent.purpose)

    def _find_beside(self, work: UnitOfWork, consent: Consent) -> list[Consent]:
        """Return the other consents, under any id of the person, by which its own handling is allowed now."""
        if self.own is None or consent.purpose != self.own.purpose:
            return []
        standing = (work.find(self._standing_of(consent, one)) for one in self._ids_of(work, consent))
        every = (other for found in standing for other in found)
        return [other for other in every if other.id != consent.id and holds(other, work.now)]

    def _reach_by_person(self, work: UnitOfWork, consent_id: str) -> tuple[Consent, Entity]:
        """Return the consent with its person, whose area bounds the actor: the person may have gone elsewhere since."""
        consent = work.get(Consent, consent_id)
        person = None if consent is None else work.get(self.person, consent.person_id)
        both = None if consent is None or person is None else (consent, person)
        return work.reach_found(both, "" if person is None else area_of(person), "consent", consent_id, "id")

    def _guard(self, work: UnitOfWork, person_id: str) -> None:
        if self.guarded and (record := work.get(self.record, person_id)) is not None:
            work.put(record)

    def _person_loads(self, person_id: str) -> list[Load]:
        return [*key_loads(person_id), Erased(person_id), Get(self.record, person_id)]

    def _require_record(self, work: UnitOfWork, field: str, person_id: str) -> None:
        require_not_erased(work, field, person_id)
        if work.get(self.record, person_id) is None:
            raise Refused("wrong_state", "person_erased", field=field, id=person_id)

    def _load_other_ids(self, person_id: str) -> Loading:
        """Load the facts by which the person is a child, under the other ids that merges have joined."""
        if self.kind == "need":
            return  # nobody merges needs
        work = yield [identity_load(person_id)]
        work = yield [identity_load(identity_of(work, person_id).survivor)]
        others = [one for one in all_ids(work, person_id) if one != person_id]
        people: list[Load] = [load for one in others for load in (Get(self.person, one), Get(self.record, one))]
        yield [*people, *(key for one in others for key in key_loads(one))]

    def _require_giver(
        self, asked: GiveConsent | RenewConsent, person: Entity, work: UnitOfWork, vault: Vault, field: str
    ) -> None:
        ids = (person.id,) if self.kind == "need" else all_ids(work, person.id)
        for one in (work.get(self.person, one) for one in ids):
            if one is not None:  # a child under one id is a child under all
                self.require_able(one, field)
                keys = loaded_keys(work, vault, one.id, work.get(self.record, one.id))
                require_giver(asked.given_by, asked.guardian, self.born(work, keys, one), work.now)
                if asked.given_by == "self" and self.lacks_capacity(work, keys, one):
                    raise Refused("invalid", "guardian_must_decide", field="given_by")

    def _require_scopes(self, scopes: tuple[ConsentScope, ...]) -> None:
        for scope in scopes:
            if scope not in self.scopes:
                raise Refused("invalid", "scope_not_held", field="scopes", data=scope)

    def _seal(
        self, work: UnitOfWork, vault: Keeper, guardian: GuardianDetails | None, person_id: str, consent_id: str
    ) -> str:
        key = key_of(work, vault, person_id, work.get(self.record, person_id)) if guardian is not None else None
        return "" if guardian is None or key is None else seal_guardian(guardian, consent_id, key)
