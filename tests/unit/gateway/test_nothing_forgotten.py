"""Nothing is forgotten in silence: each event and each of its fields is shown, or stands here with the reason.

A new event or a new field makes a test fail that names the file to change.
"""

from collections.abc import Mapping
from typing import Final

import pytest
from gateway_events import ProjectorInMemory
from gateway_samples import ALL, ANSWERS, changes, envelope_of, fields, published_need, sample
from pydantic_core import from_json

from services.gateway.declaration import FEATURES, PROJECTIONS, VIEWS
from services.gateway.features.merges.view import ErasedView
from services.gateway.features.needs.answer import NeedAnswer
from services.gateway.features.needs.timeline import cursors
from services.gateway.features.needs.view import NeedView
from services.gateway.features.tasks.view import TaskView
from services.gateway.projection.feed import FeedItem, feed_id
from services.gateway.projection.plain import PlainView
from services.gateway.projection.view import View
from shared.contracts.messages import EventData
from shared.contracts.stations import need_answers as contract
from tests.each import for_each

HERE: Final = "tests/unit/gateway/test_nothing_forgotten.py"

NOT_PROJECTED: Final[Mapping[str, str]] = {
    "stations.area.imported": "areas have no view: stations is asked for them",
    "charity.erasure.answered": "the erasure is shown as stations keeps its report",
    "volunteering.erasure.answered": "the erasure is shown as stations keeps its report",
}
"""Events that change no view, with the reason. They are in the feed all the same."""

_OF_VISITS: Final = ("made", "moved", "cancelled", "missed", "settled", "overdue", "handed_over")
_OF_ALERTS: Final = (
    "detected", "raised", "answered", "treated", "family_told", "dismissal_requested", "dismissal_rejected",
    "dismissed", "handed_over", "left", "overdue",
)  # fmt: skip
NOT_IN_TIMELINE: Final[Mapping[str, str]] = {
    **dict.fromkeys((f"stations.alert.{happened}" for happened in _OF_ALERTS), "alerts are shown to few: `PRIVATE`"),
    "charity.shortfall.opened": "the link's event of the same step names it in its `waiting`",
    "charity.shortfall.changed": "likewise",
    "charity.shortfall.closed": "likewise",
    "stations.home.added": "about the home of a plan, by a need that goes its own way",
    "stations.home.handed_over": "likewise",
    "stations.home.removed": "likewise",
    **dict.fromkeys((f"stations.occurrence.{happened}" for happened in _OF_VISITS), "the need's own events show it"),
    "volunteering.call.opened": "the work list shows it to the station, and `/v1/calls`; the need itself goes on",
    "volunteering.call.ended": "likewise",
    "stations.handover.enquired": "the event of the referral, of the same step, stands there",
    "stations.handover.answered": "likewise",
    "stations.handover.requested": "likewise",
    "stations.handover.accepted": "likewise",
    "stations.handover.rejected": "likewise",
    "stations.handover.revoked": "likewise",
    "stations.handover.done": "likewise",
    "stations.handover.taken_over": "likewise",
    "stations.handover.handed_over": "likewise",
    "stations.handover.overdue": "likewise",
}
"""Events about a need that are not in its timeline, with the reason."""

IN_TIMELINE_ONLY: Final[Mapping[str, str]] = {
    "NeedProgress.committed[]": "as `3 of 4 lines supplied`; the amounts themselves are charity's part",
    "NeedProgress.volunteers_confirmed": "as `2 of 3 volunteers`; the count itself is volunteering's part",
    "NeedEvaluated.rating": "as `rated 4 of 5`",
    "NeedCancelled.reason_code": "as `reason: …`",
    "NeedMerged.merged_id": "as `the duplicate … was merged into it`; that need has it as `merged_into`",
    "NeedExtended.extended_for": "as `more time: …`",
    "ConfirmationUndone.undone_for": "as `confirmation undone: …`",
    "NeedAmended.amended[]": "as `amended (lines): …`",
    "NeedAmended.amended_for": "likewise",
    "EndUndone.reopened_for": "as `open again until …`",
    "HoursMoved.need_id": "the credit stands in this need's timeline",
    "HoursAdjusted.reason_code": "as `adjusted to 45 minutes: left earlier`; the dispatch has it as `stated_for`",
    "HoursAdjusted.service_minutes": "likewise; the dispatch has it as `minutes`",
    "HoursAdjusted.short_minutes": "as `30 minutes of it were spent already`; the dispatch has it, too",
    "HoursMoved.minutes": "as `60 minutes credited`, or taken back; the balance shows the sum",
}
"""Fields that are shown in the words of a need's timeline alone, with the reason why that is enough."""

NOT_SHOWN: Final[Mapping[str, str]] = {
    "NeedProgress.fulfilled[]": "charity's part shows it: `lines[].fulfilled`",
    "NeedProgress.waiting[].for_what.code": "the parts of charity and volunteering have their own, and newer ones",
    "NeedProgress.waiting[].for_what.args.sample": "likewise",
    "NeedProgress.waiting[].reason.code": "likewise",
    "NeedProgress.waiting[].reason.args.sample": "likewise",
    "NeedProgress.waiting[].next_step.code": "likewise",
    "NeedProgress.waiting[].next_step.args.sample": "likewise",
    "LinkSnapshot.version": "the order of charity's steps; the answer's version is the station's",
    "LinkSnapshot.area": "the need's own area is shown",
    "StaffingSnapshot.version": "the order of volunteering's steps; the answer's version is the station's",
    "NeedConfirmed.delivered[]": "the timeline counts the lines; charity's part shows the amounts: `lines[].fulfilled`",
    "NeedRegistered.step_due": "the work list shows it: the task's `due`",
    "NeedEdited.step_due": "likewise",
    "NeedServed.step_due": "likewise",
    "NeedChange.step_due": "likewise",
    "NeedAssessed.assessed_by": "`GET /v1/needs/{need_id}/assessments` shows it, on record",
    "NeedPublished.published_by": "the need's events show it; it is opaque but to an audited query",
    "NeedConfirmed.published_by": "likewise",
    "NeedPublished.series": "opaque, for volunteering; the visit of the plan shows its home",
    "NeedConfirmed.confirmed_by": "likewise",
    "DonationCorrected.corrected_by": "the event shows it; it is opaque but to an audited query",
    "StockShared.shared_by": "the event shows it; it is opaque but to an audited query",
    "HoursMoved.dispatch_id": "the statement of the account names it, asked of volunteering",
    "HoursMoved.transfer_id": "likewise",
}
"""Fields of events that no answer shows, with the reason."""


def features_of(kind: type[EventData]) -> str:
    return " or ".join(
        f"services/gateway/features/{feature.name}" for feature in FEATURES if kind in feature.projections
    )


PROJECTED: Final = [kind for kind in ALL if kind.type in PROJECTIONS]
FIELDS: Final = {kind: fields(kind) for kind in PROJECTED}


def list_new_fields() -> dict[type[EventData], set[str]]:
    """Return the fields of each event that no event before it carries to the same features."""
    carried: set[tuple[str, str]] = set()
    found = {}
    for kind in PROJECTED:
        features = features_of(kind)
        if new := {field for field in FIELDS[kind] if (features, field) not in carried}:
            carried |= {(features, field) for field in new}
            found[kind] = new
    return found


NEW_FIELDS: Final = list_new_fields()


@for_each("kind", ALL, ids=lambda kind: kind.type)
def test_every_event_is_projected_or_named_with_the_reason(kind: type[EventData]) -> None:
    assert (kind.type in PROJECTIONS) != (kind.type in NOT_PROJECTED), (
        f"{kind.type}: add it to PROJECTIONS in the view.py of its feature (services/gateway/features/…), "
        f"or give the reason in NOT_PROJECTED of {HERE}; not both"
    )


@for_each("kind", [k for k in ALL if "need_id" in k.model_fields], ids=lambda kind: kind.type)
def test_every_event_about_a_need_is_in_its_timeline_in_words_and_among_its_events(kind: type[EventData]) -> None:
    projector = ProjectorInMemory().project(published_need(), event := envelope_of(sample(kind)))
    view: NeedView = projector.view(NeedView, published_need().subject)
    (entry,) = [entry for entry in view.timeline if entry["key"] == event.key] or [None]
    if kind.type in NOT_IN_TIMELINE:
        assert entry is None
        return
    assert entry is not None, (
        f"{kind.type} is about a need and not in its timeline: add it to PROJECTIONS in "
        f"services/gateway/features/needs/view.py, or give the reason in NOT_IN_TIMELINE of {HERE}"
    )
    assert entry["reasons"], f"{kind.type} has no reasons: add them in services/gateway/features/needs/timeline.py"
    # `/v1/needs/{id}/events` reads the feed at these cursors.
    feed = [projector.view(FeedItem, feed_id(cursor)) for cursor in cursors(view.timeline)]
    assert event.key in {f"{item['source']}#{item['id']}" for item in (from_json(row.event) for row in feed)}


@for_each("kind", NEW_FIELDS, ids=lambda kind: kind.type)
def test_every_field_is_shown_or_named_with_the_reason(kind: type[EventData]) -> None:
    expect_shown(kind, NEW_FIELDS[kind])


@pytest.mark.long
@for_each("kind", PROJECTED, ids=lambda kind: kind.type)
def test_every_field_of_every_event_is_shown_or_named_with_the_reason(kind: type[EventData]) -> None:
    expect_shown(kind, FIELDS[kind])


def expect_shown(kind: type[EventData], named: set[str]) -> None:
    found = changes(kind, named)
    for change in found:
        if change.field in NOT_SHOWN:
            assert change.before == change.after, f"{change.field} is shown: correct NOT_SHOWN of {HERE}"
        elif change.field in IN_TIMELINE_ONLY:
            assert not change.in_answers, f"{change.field} is shown: correct IN_TIMELINE_ONLY of {HERE}"
    hidden = {change.field for change in found if not change.in_answers} - NOT_SHOWN.keys() - IN_TIMELINE_ONLY.keys()
    assert not hidden, (
        f"no answer of the API shows {', '.join(sorted(hidden))} after {kind.type}: show it in view.py and answer.py "
        f"of {features_of(kind)}, or give the reason in NOT_SHOWN of {HERE}"
    )


@pytest.mark.parametrize("field", IN_TIMELINE_ONLY)
def test_a_field_that_is_shown_in_the_timeline_alone_is_there(field: str) -> None:
    carriers = [kind for kind in PROJECTED if field in FIELDS[kind]]
    assert any(change.in_timeline_only for kind in carriers for change in changes(kind, {field})), (
        f"{field} is not in the timeline: show it in view.py and answer.py of {features_of(carriers[0])}"
    )


def test_the_lists_of_exceptions_name_only_what_there_is() -> None:
    assert NOT_SHOWN.keys() | IN_TIMELINE_ONLY.keys() <= set().union(*FIELDS.values())
    assert not NOT_SHOWN.keys() & IN_TIMELINE_ONLY.keys()
    assert NOT_PROJECTED.keys() | NOT_IN_TIMELINE.keys() <= {kind.type for kind in ALL}


def test_every_view_has_an_answer() -> None:
    models = (*View.__subclasses__(), *PlainView.__subclasses__())
    views = {m for m in models if m.__module__.startswith("services.gateway.") and hasattr(m, "collection")}
    # A task repeats fields that the view of its thing shows; its own answer is held by test_task_views.
    # Of an erased person nothing is left to be shown: the report of the erasure names the id.
    assert views - {TaskView, ErasedView} == ANSWERS.keys()
    assert {model.collection for model in views} <= VIEWS.keys()


def test_every_field_of_an_owners_answer_about_a_need_has_its_place_in_the_apis() -> None:
    left_out = {"rating": "in the timeline, as `rated 4 of 5`"}
    assert contract.NeedAnswer.model_fields.keys() - NeedAnswer.model_fields.keys() == left_out.keys(), (
        "show it in services/gateway/features/needs/answer.py (NeedListed or NeedAnswer, need_from_owner), "
        f"or give the reason in {HERE}"
    )
