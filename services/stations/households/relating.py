"""The commands of relations: recorded with the contact sealed, corrected, ended."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Protocol

from services.stations.households.relations import (
    CONTACT,
    REMINDERS,
    Relation,
    RelationDue,
    ended,
    find_next_step,
    lost,
    recorded,
    require_standing,
    seal_contact,
    settled,
)
from services.stations.households.storage import StandingRelations, Unreplaced
from services.stations.network.keeping import kept_at
from services.stations.residents.domain import Resident, ResidentRecord, require_alive, require_known
from services.stations.residents.handlers import guard_record
from services.stations.residents.policy import ResidentsPolicy
from shared.contracts.legal_days import LEGAL_ZONE
from shared.contracts.plain import Shape
from shared.contracts.refusals import Refused
from shared.contracts.stations.relations import (
    ChangeRelation,
    EndRelation,
    RecordRelation,
    RelationChanged,
    RelationEnd,
    RelationEnded,
    RelationOverdue,
    RelationRecorded,
    RelationShape,
)
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Load, UnitOfWork
from shared.engine.decide.external_ids import Namer, keep_name, name_load
from shared.engine.plain import Plain, check_version
from shared.people import Keeper, key_loads, key_of
from shared.people.identities import identity_load, identity_of


class Vault(Namer, Keeper, Protocol):
    """The vault, as the recording of a contact needs it."""


RELATIONS: Final = Plain(
    Relation,
    "relation",
    RelationShape,
    find_next_step,
    reminders=REMINDERS,
    keeping=kept_at(lambda one: one.station_id),
)  # fmt: skip


def record_relation(message: Incoming[RecordRelation], vault: Vault) -> Handling:
    """Record a carer, an emergency contact or a guardian. Answers RelationShape.

    Raises Refused("not_found") for a resident whom the actor does not reach, and as `recorded` does.
    """
    asked, actor = message.data, message.actor
    people = [asked.resident_id, *([] if asked.related_id is None else [asked.related_id])]
    loads = [load for one in people for load in (Get(Resident, one, actor.area), Get(ResidentRecord, one))]
    named = name_load(vault, actor.principal, RELATIONS.kind, asked.external_id)
    own: list[Load] = [StandingRelations(asked.resident_id), identity_load(asked.resident_id)]
    own += key_loads(asked.resident_id)
    work = yield [*loads, *own, *named]
    yield [Unreplaced(one) for one in identity_of(work, asked.resident_id).ids]
    work = yield TURN
    resident = work.reach(Resident, asked.resident_id, "resident_id")
    if asked.related_id is not None:
        related = work.reach(Resident, asked.related_id, "related_id")
        require_known(related, "related_id")
        require_alive(related, "related_id")
    standing = work.find(StandingRelations(resident.id))
    after = recorded(asked, resident, standing, work.new_id(RELATIONS.kind), work.now)
    if asked.contact is not None:
        key = key_of(work, vault, resident.id)
        after = after.model_copy(update={CONTACT: seal_contact(asked.contact, after.id, key)})
    keep_name(work, vault, RELATIONS.kind, after.id, asked.external_id)
    for one in people:
        guard_record(work, one)
    settle(work, identity_of(work, resident.id).ids, after.kind)
    return RELATIONS.store(work, None, after, RelationRecorded)


def change_relation(message: Incoming[ChangeRelation], vault: Keeper) -> Handling:
    """Correct tie or contact. Answers RelationShape.

    Raises Refused("invalid") for the contact of a resident, whose record has it, and Refused("wrong_state") for a
    relation that has ended.
    """
    asked, area = message.data, message.actor.area
    work = yield [Get(Relation, asked.id, area)]
    if (known := work.get(Relation, asked.id)) is not None:
        yield key_loads(known.resident_id)
    work = yield TURN
    before = _reach(work, asked.id, asked.expected_version)
    update: dict[str, object] = {} if asked.tie is None else {"tie": asked.tie}
    if asked.contact is not None:
        if before.related_id is not None:
            raise Refused("invalid", "contact_of_resident", field="contact", id=before.related_id)
        key = key_of(work, vault, before.resident_id)
        update[CONTACT] = seal_contact(asked.contact, before.id, key)
    return RELATIONS.store(work, before, before.model_copy(update=update), RelationChanged)


def end_relation(message: Incoming[EndRelation], residents_policy: ResidentsPolicy) -> Handling:
    """End a relation, or the search for somebody in its place. Answers RelationShape.

    Raises Refused("wrong_state") for one that has ended, and for which nobody is to be found.
    """
    asked = message.data
    work = yield [Get(Relation, asked.id, message.actor.area)]
    if (known := work.get(Relation, asked.id)) is not None:
        yield beside_loads(known.resident_id)
    work = yield TURN
    before = work.reach(Relation, asked.id, "id")
    check_version(before, RELATIONS.kind, asked.expected_version)
    if before.replace_by is not None:
        return RELATIONS.store(work, before, settled(before), RelationChanged)
    require_standing(before)
    if asked.reason == "died":
        return lose(work, before, "died", residents_policy.replace_time)
    return RELATIONS.store(work, before, ended(before, asked.reason, today(work)), RelationEnded)


def beside_loads(resident_id: str) -> Sequence[Load]:
    """Return the loads that `lose` needs for a relation of that resident."""
    return (StandingRelations(resident_id), Get(Resident, resident_id))


def lose(work: UnitOfWork, before: Relation, reason: RelationEnd, replace: timedelta) -> Shape:
    """End a relation whose person is gone; its station finds somebody else within the time, unless care has ended.

    Needs `beside_loads`.
    """
    resident = work.get(Resident, before.resident_id)
    if resident is None or resident.state not in {"active", "merged"}:
        after = ended(before, reason, today(work))
    else:
        beside = work.find(StandingRelations(before.resident_id))
        after = lost(before, reason, today(work), beside, work.now + replace)
    return RELATIONS.store(work, before, after, RelationEnded)


def settle(work: UnitOfWork, ids: Sequence[str], kind: str | None = None) -> None:
    """End the search for somebody in the place of those who are gone, for a resident with these ids: of that kind, or
    of any. Needs `Unreplaced` of each id.
    """
    for relation in [relation for one in ids for relation in work.find(Unreplaced(one))]:
        if kind in {None, relation.kind}:
            RELATIONS.store(work, relation, settled(relation), RelationChanged)


def today(work: UnitOfWork) -> date:
    """Return the day of the decision by China's time."""
    return work.now.astimezone(LEGAL_ZONE).date()


def _reach(work: UnitOfWork, relation_id: str, expected: int | None) -> Relation:
    before = work.reach(Relation, relation_id, "id")
    check_version(before, RELATIONS.kind, expected)
    require_standing(before)
    return before


HANDLERS: Final[HandlerTable] = {
    RecordRelation: record_relation,
    ChangeRelation: change_relation,
    EndRelation: end_relation,
    RelationDue: RELATIONS.remind(RelationOverdue),
}
