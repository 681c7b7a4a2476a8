"""Answers about needs: the outward shape of a need, with the parts that the API adds, and how it is made.

A need is answered from its view, or from its owner's answer where the view is late: both end in the same model.
"""

from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, Field

from services.gateway.features.needs.place_in_line import explain_place
from services.gateway.features.needs.view import NeedView
from services.gateway.features.needs.waiting import explain_waiting
from services.gateway.features.needs.words import NO_WORDS, NeedWords
from services.gateway.http.answers import Answer, InstantText, Nameable, ProblemDocument
from services.gateway.http.worded import ReasonAnswer, TriedAnswer, WaitingAnswer
from shared.contracts.charity.linking import LinkState, Source
from shared.contracts.messages import OPEN, Label
from shared.contracts.need_parts import Amount, OrAbsent, Place
from shared.contracts.stations import need_answers as contract
from shared.contracts.stations.needs import NeedState
from shared.contracts.volunteering.dispatch import StaffingState
from shared.engine.decide.schema import Document


class LineAnswer(contract.LineAnswer, Answer):
    """One line, and how far it has come, in base units or fen; `quantity` and `unit` repeat the request."""

    purpose: str | None = None
    committed: int
    fulfilled: int


class VolunteersAnswer(contract.VolunteersAnswer, Answer):
    """The request for volunteers, and how many are confirmed and offered."""

    skills: tuple[Label, ...]
    languages: tuple[Label, ...]
    confirmed: int
    offered: int


class BeneficiariesAnswer(contract.BeneficiariesAnswer, Answer):
    """The number of people, and the groups they belong to."""

    groups: tuple[Label, ...]


class LikelyDuplicate(Answer):
    """A need that may be the same as another, registered before or at once."""

    id: str
    state: Annotated[NeedState, OPEN]
    station_id: str
    registered_at: AwareDatetime | None
    alike: tuple[ReasonAnswer, ...] = Field(description="The parts in which both are alike.")


class NeedListed(contract.NeedOutline, Nameable):
    """A need. Title, location and other words only for keys with the permission `personal:read`; `place` is rounded."""

    version: int = Field(description="Also the ETag.")
    title: str | None
    location: Place | None
    beneficiaries: BeneficiariesAnswer
    lines: tuple[LineAnswer, ...]
    volunteers: VolunteersAnswer | None
    registered_at: AwareDatetime | None = Field(
        default=None, description="The need has waited since then, also as a draft. Empty where release 0.2 told of it."
    )
    published_at: AwareDatetime | None
    waiting: tuple[WaitingAnswer, ...] = Field(description="What it has not got yet, why, and the next step.")  # type: ignore[assignment] # worded
    possible_duplicates: OrAbsent[tuple[LikelyDuplicate, ...]] = Field(
        default=None,
        exclude_if=lambda found: found is None,
        description="In the answer to a registration: needs of the same place and theme of the last days, within your "
        "area. `merge` ends one of two.",
    )
    cancel_reason: str = ""
    amend_note: str = ""
    confirm_note: str = ""
    evaluation_comment: str = ""


class SourceAnswer(Source, Answer):
    """The source of a part of a line."""


class ResourcesAnswer(Answer):
    """The resources that charity has linked, and every ring that it searched."""

    state: Annotated[LinkState, OPEN]
    amounts: tuple[Amount, ...]
    sources: tuple[SourceAnswer, ...]
    tried: tuple[TriedAnswer, ...]


class StaffingAnswer(Answer):
    """How far the staffing has come, and every ring that was searched."""

    state: Annotated[StaffingState, OPEN]
    headcount: int
    confirmed: int
    offered: int
    checked_in: int
    checked_out: int
    tried: tuple[TriedAnswer, ...]


class TimelineEntry(Answer):
    """One event about the need, by any of the three services."""

    at: InstantText
    what: str = Field(description="The type of the event.", examples=["charity.link.linked"])
    reasons: tuple[ReasonAnswer, ...] = Field(description="The contents of the event, in a few sentences.")
    waiting: tuple[WaitingAnswer, ...] = ()


class NeedAnswer(NeedListed):
    """A need with its resources, its staffing and its timeline."""

    resources: ResourcesAnswer | None
    staffing: StaffingAnswer | None
    timeline: tuple[TimelineEntry, ...]
    severity: int | None = Field(default=None, description="With `explain` only.")
    score_parts: dict[str, int] | None = Field(
        default=None, description="With `explain` only: they add up to the computed score."
    )
    computed_score: int | None = Field(
        default=None, description="With `explain` only: the score that counts unless a supervisor has overridden it."
    )
    score_reasons: tuple[ReasonAnswer, ...] | None = Field(
        default=None, description="With `explain` only: the parts of the score, the override, waiting and due time."
    )


class BatchItem(Answer):
    """The outcome of one need of several: `need` with 201, otherwise `error`."""

    status: int
    need: NeedListed | None = None
    error: ProblemDocument | None = None


class BatchAnswer(Answer):
    """The outcomes, in the order posted."""

    items: list[BatchItem]


N = TypeVar("N", bound=NeedListed)


def need_after_command(
    model: type[N], answer: contract.NeedAnswer, view: NeedView | None, words: NeedWords = NO_WORDS
) -> N:
    """Return the need after a command: as its view shows it, or as its station answered where the view is late."""
    return need_from_owner(model, answer, words) if view is None else need_from_view(model, view, words)


def need_from_view(model: type[N], view: NeedView, words: NeedWords = NO_WORDS) -> N:
    """Return the need as its view shows it, as NeedListed or whole as NeedAnswer, with words the caller may read."""
    need = view.need
    fields: Document = {
        "id": view.id,
        "version": view.seen,
        "state": view.state,
        "station_id": view.station_id,
        "area": view.area,
        "urgency": view.urgency,
        "channel": view.channel,
        "triage_override": need.get("triage_override"),
        "merged_into": need.get("merged_into"),
        "assessment": need.get("assessment"),
        "assessment_due": need.get("assessment_due"),
        "title": words.title,
        "theme": need["theme"],
        "score": need["score"],
        "due": need["due"],
        "place": need["place"],
        "location": words.location,
        "beneficiaries": {"count": need["beneficiaries"], "groups": need["beneficiary_groups"]},
        "lines": _lines(view, words),
        "volunteers": _volunteers(view),
        "registered_at": need.get("registered_at"),
        "published_at": need["published_at"],
        "waiting": list(explain_waiting(view.state, view.need, view.link, view.staffing)),
        "resources": view.link or None,
        "staffing": view.staffing or None,
        "timeline": view.timeline,
        **_later_words(words),
    }
    # Fields that the model does not have are left out: resources and timeline in a list, the parts' own `waiting`, and
    # fields that a newer projector has stored during an upgrade.
    return model.model_validate(fields, extra="ignore")


def need_from_owner(model: type[N], answer: contract.NeedAnswer, words: NeedWords = NO_WORDS) -> N:
    """Return the need as its station answered a command: for when the view is late.

    Charity and volunteering have not answered then, and the timeline is the station's own.
    """
    timeline = [
        TimelineEntry(at=_text(step.at), what=f"stations.need.{step.state}", reasons=()) for step in answer.timeline
    ]
    # The score's parts are shown with `explain` only, and the rating in the timeline.
    inner = {"severity", "score_parts", "rating", "timeline", "volunteers"}
    fields: Document = {
        **answer.model_dump(exclude=inner, exclude_unset=True),
        "title": words.title,
        "location": words.location,
        "volunteers": _volunteers_of_owner(answer),
        "registered_at": _first(answer, "draft"),
        "published_at": _first(answer, "published"),
        "resources": None,
        "staffing": None,
        "timeline": timeline,
    }
    return model.model_validate(fields, extra="ignore")


def _first(answer: contract.NeedAnswer, state: str) -> datetime | None:
    return next((step.at for step in answer.timeline if step.state == state), None)


def explain_score(need: NeedAnswer, owner: contract.NeedAnswer, now: datetime) -> NeedAnswer:
    """Return the need with the reasons for its place at `now` (city time): score, override, waiting, due time."""
    reasons = (*owner.score_reasons, *explain_place(owner, _first(owner, "draft"), now))
    parts = {
        "severity": owner.severity,
        "score_parts": owner.score_parts,
        "computed_score": sum(owner.score_parts.values()),
        "score_reasons": tuple(ReasonAnswer.model_validate(one.model_dump()) for one in reasons),
    }
    return need.model_copy(update=parts)


def _later_words(words: NeedWords) -> Document:
    """The words written when the need ended, those that there are."""
    later = {
        "cancel_reason": words.cancel_reason,
        "amend_note": words.amend_note,
        "confirm_note": words.confirm_note,
        "evaluation_comment": words.evaluation_comment,
    }
    return {name: text for name, text in later.items() if text is not None}


def _lines(view: NeedView, words: NeedWords) -> list[Document]:
    amounts = {amount["line_id"]: amount for amount in view.link.get("amounts", ())}
    return [_line(line, amounts.get(line["id"], {}), words) for line in view.need["lines"]]


def _line(line: Document, amount: Document, words: NeedWords) -> Document:
    """A line with the fields of its kind: money in fen with a purpose, goods with a unit, sessions without one."""
    shown: Document = {"id": line["id"], "kind": line["kind"]}
    if line["kind"] == "money":
        shown |= {"amount_fen": line["requested"], "purpose": words.purposes.get(line["id"])}
    else:
        shown |= {"item": line["item"], "quantity": line["quantity"], "base_unit": line["base_unit"]}
    if line["kind"] == "goods":
        shown["unit"] = line["unit"]
    shown["requested"] = line["requested"]
    # A line of release 0.2 has neither.
    shown |= {name: line[name] for name in ("divisible", "min_useful") if name in line}
    shown["committed"] = amount.get("committed", 0)
    shown["fulfilled"] = amount.get("fulfilled", 0)
    return shown


def _volunteers(view: NeedView) -> Document | None:
    asked, staffing = view.need["volunteers"], view.staffing
    if asked is None:
        return None
    return {**asked, "confirmed": staffing.get("confirmed", 0), "offered": staffing.get("offered", 0)}


def _volunteers_of_owner(answer: contract.NeedAnswer) -> Document | None:
    if answer.volunteers is None:
        return None
    return {**answer.volunteers.model_dump(exclude_unset=True), "offered": 0}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
