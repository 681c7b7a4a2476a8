"""Merges as the history of a person shows them, and the identities that they leave."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, index_by, newest
from shared.contracts.charity.merges import DonorsMerged, DonorsUnmerged
from shared.contracts.merging import MergeSnapshot
from shared.contracts.stations.erasures import (
    ErasureCompleted,
    ErasureOverdue,
    ErasureProgressed,
    ErasureShape,
    PrivateErasureCompleted,
    PrivateErasureOverdue,
    PrivateErasureProgressed,
)
from shared.contracts.stations.merges import ResidentsMerged, ResidentsUnmerged
from shared.contracts.volunteering.merges import VolunteersMerged, VolunteersUnmerged
from shared.engine import Incoming
from shared.engine.decide.schema import Document

_NOT_IN_FACTS: Final = {
    "merge_id",  # the id of the view
    "version",  # `seen`
    "area",  # a field of the view itself, like the two that lists filter by
    "merged_id",
    "survivor_id",
    "identities",  # views of their own
}


class MergeView(View):
    """A merge of two ids; `facts` are the event's other fields."""

    collection: ClassVar[str] = "merges"
    area: str
    merged_id: str
    survivor_id: str
    facts: Document


class IdentityView(View):
    """One id of a volunteer, donor or resident that took part in a merge; ids that never did have none.

    `survivor_id` is the id that it stands for, itself where it stands alone; `merged_ids` stand for it.
    """

    collection: ClassVar[str] = "identities"
    survivor_id: str
    merged_ids: list[str]


class ErasedView(View):
    """The id of a person whose data was erased: it stands for nobody who was merged into it."""

    collection: ClassVar[str] = "erased_people"


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    MergeView.collection: [index_by("merged_id"), index_by("survivor_id")],
    IdentityView.collection: [],
    ErasedView.collection: [],
}


def show_merge(message: Incoming[MergeSnapshot]) -> Sequence[View]:
    """Return the view of the merge, and those of every id that it touched."""
    data = message.data
    merge = MergeView(
        id=data.merge_id,
        seen=data.version,
        area=data.area,
        merged_id=data.merged_id,
        survivor_id=data.survivor_id,
        facts=data.model_dump(mode="json", exclude=_NOT_IN_FACTS),
    )
    identities = [
        IdentityView(
            id=identity.id,
            seen=identity.version,
            survivor_id=identity.survivor_id,
            merged_ids=list(identity.merged_ids),
        )
        for identity in data.identities
    ]
    return [merge, *identities]


def show_erased(message: Incoming[ErasureShape]) -> Sequence[ErasedView]:
    """Return the views of those whom the erasure has erased so far; nobody is there again afterwards."""
    return [ErasedView(id=one.id, seen=1) for one in message.data.people if one.state == "erased"]


ERASED: Final = Projection(newest(show_erased))
CHANGED: Final = Projection(newest(show_merge))
PROJECTIONS: Final[ProjectionTable] = {
    VolunteersMerged: CHANGED,
    VolunteersUnmerged: CHANGED,
    DonorsMerged: CHANGED,
    DonorsUnmerged: CHANGED,
    ResidentsMerged: CHANGED,
    ResidentsUnmerged: CHANGED,
    ErasureProgressed: ERASED,
    ErasureOverdue: ERASED,
    ErasureCompleted: ERASED,
    PrivateErasureProgressed: ERASED,
    PrivateErasureOverdue: ERASED,
    PrivateErasureCompleted: ERASED,
}
