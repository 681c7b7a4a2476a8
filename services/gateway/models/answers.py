"""Answers as documented. The routes build them with `domain.reading`; tests hold real answers to these models."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.gateway.domain.scopes import Permission
from shared.contracts.charity.linking import LinkState
from shared.contracts.need_parts import Amount, Place, Tried, Urgency, Waiting
from shared.contracts.stations.needs import NeedState
from shared.contracts.stations.network import Level
from shared.contracts.volunteering.dispatch import StaffingState

T = TypeVar("T")
Ring = Literal["station", "community", "street", "district", "city", "campaign"]


class Answer(BaseModel):
    """What is given back has these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class Listed(Answer, Generic[T]):
    """A page of a list, newest first."""

    items: list[T]
    next: str | None = Field(description="Give it as `after` for the page that follows; null on the last.")


class Thing(Answer):
    """Whatever has an id."""

    id: str
    version: int = Field(description="Also the ETag.")


# ---- errors ----------------------------------------------------------------------------------------------


class BrokenRule(Answer):
    """One field that breaks one rule."""

    field: str = Field(description="Where: a dotted path into the body, a parameter or a header.")
    rule: str = Field(description="Which rule, in one or a few words.")
    detail: str = Field(description="What is wrong with it.")


class ProblemDocument(Answer):
    """RFC 9457."""

    type: str = Field(examples=["/problems/invalid"])
    title: str
    status: int
    detail: str = Field(description="What happened and what to do now.")
    instance: str
    errors: list[BrokenRule] = Field(default=[])


# ---- areas and stations ----------------------------------------------------------------------------------


class AreaName(Answer):
    """An area of the register."""

    code: str
    name: str
    level: str


class AreaAnswer(AreaName):
    """With the areas around it, nearest first."""

    within: list[AreaName]


class Imported(Answer):
    """How many rows came, and how many of them changed something."""

    count: int
    changed: int


class StationAnswer(Thing):
    """A station or a centre."""

    area: str
    name: str
    level: Level
    opened_at: AwareDatetime


# ---- needs -----------------------------------------------------------------------------------------------


class LineAnswer(Answer):
    """One thing that is asked for, and how far it is there. `requested` is `quantity` or `amount_fen`."""

    id: str
    kind: Literal["goods", "money", "service"]
    item: str | None = None
    unit: str | None = None
    quantity: int | None = None
    amount_fen: int | None = None
    purpose: str | None = None
    requested: int
    committed: int
    fulfilled: int


class VolunteersAnswer(Answer):
    """Who is asked for, and how many are confirmed."""

    headcount: int
    skills: list[str]
    languages: list[str]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    confirmed: int
    offered: int


class BeneficiariesAnswer(Answer):
    """How many people, of which groups."""

    count: int
    groups: list[str]


class NeedListed(Thing):
    """A need. Title, location and other words only for keys with the permission `personal`; `place` is rounded."""

    state: NeedState
    station_id: str
    area: str
    urgency: Urgency
    title: str | None
    theme: str
    score: int
    due: AwareDatetime
    place: Place
    location: Place | None
    beneficiaries: BeneficiariesAnswer
    lines: list[LineAnswer]
    volunteers: VolunteersAnswer | None
    published_at: AwareDatetime | None
    waiting: list[Waiting] = Field(description="Why it is not served yet, and what happens next.")
    cancel_reason: str = ""
    confirm_note: str = ""
    evaluation_comment: str = ""


class SourceAnswer(Answer):
    """Where a part of a line comes from."""

    line_id: str
    account_id: str
    transfer_id: str
    ring: Ring
    amount: int


class ResourcesAnswer(Answer):
    """What charity holds ready, and every ring it tried."""

    state: LinkState
    amounts: list[Amount]
    sources: list[SourceAnswer]
    tried: list[Tried]


class StaffingAnswer(Answer):
    """How far the staffing is, and every ring that was searched."""

    state: StaffingState
    headcount: int
    confirmed: int
    offered: int
    checked_in: int
    checked_out: int
    tried: list[Tried]


class TimelineEntry(Answer):
    """One step, by any of the three services."""

    at: AwareDatetime
    what: str = Field(description="The type of the event.", examples=["charity.link.linked"])
    detail: str


class NeedAnswer(NeedListed):
    """A need with its story."""

    resources: ResourcesAnswer | None
    staffing: StaffingAnswer | None
    timeline: list[TimelineEntry]
    severity: int | None = Field(default=None, description="With `explain` only.")
    score_parts: dict[str, int] | None = Field(
        default=None, description="With `explain` only: they add up to the score."
    )


class BatchItem(Answer):
    """What became of one need of several."""

    status: int
    need: NeedListed | None = None
    error: ProblemDocument | None = None


class BatchAnswer(Answer):
    """In the order posted."""

    items: list[BatchItem]


# ---- feed and keys ---------------------------------------------------------------------------------------


class FeedEntry(Answer):
    """An event with its cursor."""

    cursor: int
    event: dict[str, Any] = Field(description="A CloudEvent 1.0.")


class FeedAnswer(Answer):
    """Events in order."""

    items: list[FeedEntry]
    next: int | None = Field(description="Give it as `after`; null when there is nothing more for now.")


class KeyListed(Answer):
    """A key without itself."""

    id: str
    name: str
    permissions: list[Permission]
    area: str | None
    created_at: AwareDatetime


class KeyAnswer(KeyListed):
    """A new key."""

    key: str | None = Field(description="Shown this once; null when the request was repeated.")
