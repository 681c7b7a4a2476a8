"""A relation (照护关系) of a resident through its life: recorded, corrected, ended. Pure."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar, Final

from services.stations.households.domain import require_day_past
from services.stations.residents.domain import Resident, require_active
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.relations import (
    MOST_RELATIONS,
    OutsideContact,
    RecordRelation,
    RelationEnd,
    RelationShape,
)
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due, Reminders
from shared.people import Purpose, Sealer

CONTACT: Final = "contact_sealed"
SEALED: Final[dict[str, Purpose]] = {CONTACT: "person"}
"""The sealed field of a relation; the key is that of the resident."""


class Relation(RelationShape, Aggregate):
    """A relation as it stands; the contact of somebody outside is sealed by the resident's key."""

    collection: ClassVar[str] = "relations"
    contact_sealed: str = ""


class RelationDue(Due):
    """Nobody has taken the place of somebody who is gone in time: the next level is reminded."""

    type: ClassVar[str] = "stations.relation_due"


REMINDERS: Final = Reminders(RelationDue, frozenset({"replace_relation"}))


def contact_place(relation_id: str) -> tuple[str, str, str]:
    """Return the place that a contact is sealed for."""
    return Relation.collection, relation_id, CONTACT


def seal_contact(contact: OutsideContact, relation_id: str, key: Sealer) -> str:
    """Return name and telephone, sealed with the data key of the resident."""
    return key.seal(json.dumps(contact.model_dump(), ensure_ascii=False), *contact_place(relation_id))


def recorded(
    asked: RecordRelation, resident: Resident, standing: Sequence[Relation], relation_id: str, now: datetime
) -> Relation:
    """Return a new relation, without its contact.

    Raises Refused("invalid") for a day after `now` and for oneself, Refused("conflict") for one that stands already,
    and Refused("wrong_state") beside MOST_RELATIONS others and as `require_active` does.
    """
    require_active(resident, "resident_id")
    require_day_past(asked.since, now, "since")
    if asked.related_id == resident.id:
        raise Refused("invalid", "related_to_oneself", field="related_id")
    for one in standing:
        if asked.related_id is not None and (one.related_id, one.kind) == (asked.related_id, asked.kind):
            raise Refused("conflict", "relation_stands", field="related_id", id=one.id)
    if len(standing) >= MOST_RELATIONS:
        raise Refused("wrong_state", "relations_full", field="resident_id", most=MOST_RELATIONS)
    return Relation(
        id=relation_id, version=0, area=resident.area, station_id=resident.station_id, resident_id=resident.id,
        kind=asked.kind, tie=asked.tie, related_id=asked.related_id, since=asked.since, state="standing",
    )  # fmt: skip


def ended(before: Relation, reason: RelationEnd, on: date) -> Relation:
    """Return the relation as ended, without the contact: nobody needs it any more."""
    return before.model_copy(update={"state": "ended", "reason": reason, "until": on, CONTACT: ""})


def lost(before: Relation, reason: RelationEnd, on: date, beside: Sequence[Relation], replace_by: datetime) -> Relation:
    """Return the relation as ended because the other person is gone, and as one to be replaced by that instant.

    Where another one of its kind is among those `beside` it, nobody is to be found. A ward who still needs a guardian
    is given another one (Civil Code (民法典), art. 39).
    """
    after = ended(before, reason, on)
    if any(one.id != before.id and one.kind == before.kind for one in beside):
        return after
    return after.model_copy(update={"replace_by": replace_by})


def settled(before: Relation) -> Relation:
    """Return the ended relation as one whose place was taken, or needs nobody any more."""
    return before.model_copy(update={"replace_by": None})


def require_standing(relation: Relation) -> None:
    """Raise Refused("wrong_state") for a relation that has ended."""
    if relation.state != "standing":
        raise Refused("wrong_state", "relation_ended", field="id", id=relation.id)


def find_next_step(relation: Relation) -> NextStep | None:
    """Return the next step: to find somebody else after a death or an erasure. Any other relation waits for nothing."""
    if relation.replace_by is None:
        return None
    return NextStep(code="replace_relation", args={"kind": relation.kind}, due=relation.replace_by)
