"""Answers about merges, and about the ids of one person."""

from typing import Annotated

from pydantic import Field

from services.gateway.features.merges.identities import Known
from services.gateway.features.merges.view import IdentityView, MergeView
from services.gateway.http.answers import Answer, InstantText, Versioned
from shared.contracts.merging import MergeReason, MergeState, UnmergeReason
from shared.contracts.messages import OPEN
from shared.contracts.volunteering.merges import DispatchOutcome


class DispatchOfMerge(Answer):
    """An open dispatch that the merge or its undoing has changed."""

    dispatch_id: str
    outcome: Annotated[DispatchOutcome, OPEN]
    overlaps: str | None = None


class MergeAnswer(Versioned):
    """A merge: `merged_id` stands for `survivor_id` from `merged_at` on, until `unmerged_at`."""

    area: str
    merged_id: str
    survivor_id: str
    state: Annotated[MergeState, OPEN]
    reason: Annotated[MergeReason, OPEN]
    merged_at: InstantText
    merged_by: str = Field(description="An opaque reference: `GET /v1/actors/{reference}`.")
    unmerged_because: Annotated[UnmergeReason, OPEN] | None = None
    unmerged_at: InstantText | None = None
    unmerged_by: str | None = None
    dispatches: list[DispatchOfMerge] = Field(default=[])


class IdentityAnswer(Versioned):
    """The ids of a person: `id` stands for all of `merged_ids`. `version` is that of If-Match for a merge."""

    merged_ids: list[str]


class MergesAnswer(Answer):
    """The ids of a person as they stand, and a page of the merges that led to them, newest first."""

    person: IdentityAnswer
    items: list[MergeAnswer]
    next: str | None


def merge_from_view(view: MergeView) -> MergeAnswer:
    """Return the merge as its view shows it."""
    # Read leniently: during an upgrade the projector may already store more than this release knows.
    known = {name: value for name, value in view.facts.items() if name in MergeAnswer.model_fields}
    return MergeAnswer(
        id=view.id, version=view.seen, area=view.area, merged_id=view.merged_id, survivor_id=view.survivor_id, **known
    )


def person_from_known(person: Known) -> IdentityAnswer:
    """Return the ids of the person."""
    return IdentityAnswer(id=person.id, version=person.version, merged_ids=list(person.merged_ids))


def identity_from_view(view: IdentityView) -> IdentityAnswer:
    """Return the person whom the id stands for, as far as this view alone shows it."""
    return IdentityAnswer(id=view.survivor_id, version=view.seen, merged_ids=view.merged_ids)
