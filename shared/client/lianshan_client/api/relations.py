"""Calls of relations: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer, RelationKind
from ..answers.relations import Relation, RelationPage, RelationShape, RelationState
from ..bodies.relations import ChangeRelationBody, EndRelationBody, RecordRelation
from ..calls import Call, Listing, new_key


def record_relation(body: RecordRelation, *, idempotency_key: str | None = None) -> Call[Relation]:
    """Record a carer, an emergency contact or a guardian: a resident, or somebody outside."""
    return Call("POST", "/v1/relations", body=body, idempotency_key=idempotency_key or new_key())


def list_relations(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    station_id: str | None = None,
    resident_id: str | None = None,
    related_id: str | None = None,
    kind: Sequence[RelationKind] | None = None,
    state: Sequence[RelationState] | None = None,
) -> Listing[RelationPage, Relation]:
    """List relations, newest first."""
    return Listing(
        "GET",
        "/v1/relations",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "station_id": station_id,
            "resident_id": resident_id,
            "related_id": related_id,
            "kind": kind,
            "state": state,
        },
    )


def count_relations(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count relations by kind and state."""
    return Call("GET", "/v1/relations:count", query={"area": area})


def read_relation(relation_id: str) -> Call[Relation]:
    """Show one relation."""
    return Call("GET", f"/v1/relations/{quote(relation_id, safe='')}")


def read_relation_history(
    relation_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one relation, oldest first."""
    return Listing(
        "GET", f"/v1/relations/{quote(relation_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def change_relation(
    relation_id: str,
    body: ChangeRelationBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[RelationShape]:
    """Correct the tie, or the contact of somebody outside."""
    return Call(
        "POST",
        f"/v1/relations/{quote(relation_id, safe='')}/change",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def end_relation(
    relation_id: str, body: EndRelationBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[RelationShape]:
    """End a relation; the contact of somebody outside is deleted."""
    return Call(
        "POST",
        f"/v1/relations/{quote(relation_id, safe='')}/end",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
