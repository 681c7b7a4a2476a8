"""The commands of relations: recorded with the contact sealed, corrected, ended."""

from datetime import date
from typing import Final, Protocol

from services.stations.households.relations import (
    CONTACT,
    Relation,
    ended,
    find_next_step,
    recorded,
    require_standing,
    seal_contact,
)
from services.stations.households.storage import StandingRelations
from services.stations.residents.domain import Resident, ResidentRecord, require_known
from services.stations.residents.handlers import guard_record
from shared.contracts.identity_numbers import CHINA
from shared.contracts.refusals import Refused
from shared.contracts.stations.relations import (
    ChangeRelation,
    EndRelation,
    RecordRelation,
    RelationChanged,
    RelationEnded,
    RelationRecorded,
    RelationShape,
)
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.decide.external_ids import Namer, keep_name, name_load
from shared.engine.plain import Plain, check_version
from shared.people import Keeper, key_loads, key_of


class Vault(Namer, Keeper, Protocol):
    """The vault, as the recording of a contact needs it."""


RELATIONS: Final = Plain(Relation, "relation", RelationShape, find_next_step)


def record_relation(message: Incoming[RecordRelation], vault: Vault) -> Handling:
    """Record a carer, an emergency contact or a guardian. Answers RelationShape.

    Raises Refused("not_found") for a resident whom the actor does not reach, and as `recorded` does.
    """
    asked, actor = message.data, message.actor
    people = [asked.resident_id, *([] if asked.related_id is None else [asked.related_id])]
    loads = [load for one in people for load in (Get(Resident, one, actor.area), Get(ResidentRecord, one))]
    named = name_load(vault, actor.principal, RELATIONS.kind, asked.external_id)
    yield [*loads, StandingRelations(asked.resident_id), *key_loads(asked.resident_id), *named]
    work = yield TURN
    resident = work.reach(Resident, asked.resident_id, "resident_id")
    if asked.related_id is not None:
        require_known(work.reach(Resident, asked.related_id, "related_id"), "related_id")
    standing = work.find(StandingRelations(resident.id))
    after = recorded(asked, resident, standing, work.new_id(RELATIONS.kind), work.now)
    if asked.contact is not None:
        key = key_of(work, vault, resident.id)
        after = after.model_copy(update={CONTACT: seal_contact(asked.contact, after.id, key)})
    keep_name(work, vault, RELATIONS.kind, after.id, asked.external_id)
    for one in people:
        guard_record(work, one)
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


def end_relation(message: Incoming[EndRelation]) -> Handling:
    """End a relation. Answers RelationShape. Raises Refused("wrong_state") for one that has ended."""
    yield [Get(Relation, message.data.id, message.actor.area)]
    work = yield TURN
    before = _reach(work, message.data.id, message.data.expected_version)
    return RELATIONS.store(work, before, ended(before, message.data.reason, today(work)), RelationEnded)


def today(work: UnitOfWork) -> date:
    """Return the day of the decision by China's time."""
    return work.now.astimezone(CHINA).date()


def _reach(work: UnitOfWork, relation_id: str, expected: int | None) -> Relation:
    before = work.reach(Relation, relation_id, "id")
    check_version(before, RELATIONS.kind, expected)
    require_standing(before)
    return before


HANDLERS: Final[HandlerTable] = {
    RecordRelation: record_relation,
    ChangeRelation: change_relation,
    EndRelation: end_relation,
}
