"""The answers about a need (需求), as its owner gives them and as the API extends them."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.areas import AreaCode
from shared.contracts.messages import OPEN, Answer, Code, Id, Instant
from shared.contracts.need_parts import OrAbsent, Place, Urgency, VolunteerRequest, Waiting
from shared.contracts.reasons import Reason
from shared.contracts.stations.need_intake import AssessmentDue, IntakeChannel, NeedAssessment, TriageOverride
from shared.contracts.stations.needs import NeedState


class LineAnswer(Answer):
    """One line and its progress, in base units or fen; `quantity` and `unit` repeat the request.

    A part of it below `min_useful` is of no use, and none of a line that is not `divisible`; both are absent where
    every part is of use.
    """

    id: str
    kind: Annotated[Literal["goods", "money", "service"], OPEN]
    item: OrAbsent[Code] = None
    unit: OrAbsent[Code] = None
    quantity: OrAbsent[int] = None
    base_unit: OrAbsent[Code] = None
    amount_fen: OrAbsent[int] = None
    requested: int
    divisible: Annotated[bool, Field(exclude_if=bool)] = True
    min_useful: Annotated[int, Field(exclude_if=lambda value: value == 1)] = 1
    committed: int = 0
    fulfilled: int = 0


class VolunteersAnswer(VolunteerRequest):
    """The request for volunteers, and how many of `headcount` are confirmed."""

    model_config = Answer.model_config
    confirmed: int = 0


class BeneficiariesAnswer(Answer):
    """The number of people, and the groups they belong to."""

    count: int
    groups: tuple[Code, ...] = ()


class NeedOutline(Answer):
    """The outward shape of a need, written once: its owner's answers and the API's extend it.

    No title, no free text, no exact place: `place` is rounded to 0.01 degree. `version` is the last announced one.
    """

    id: Id
    version: int
    state: Annotated[NeedState, OPEN]
    station_id: Id
    area: AreaCode
    theme: Code
    urgency: Annotated[Urgency, OPEN]
    score: int
    due: Instant
    place: Place
    beneficiaries: BeneficiariesAnswer
    lines: tuple[LineAnswer, ...] = ()
    volunteers: VolunteersAnswer | None = None
    waiting: tuple[Waiting, ...] = ()
    channel: Annotated[IntakeChannel, OPEN] = "unspecified"
    assessment: OrAbsent[NeedAssessment] = None
    assessment_due: OrAbsent[AssessmentDue] = None
    triage_override: OrAbsent[TriageOverride] = None
    merged_into: OrAbsent[Id] = None


class StateEntry(Answer):
    """A state and the instant at which the need entered it."""

    state: Annotated[NeedState, OPEN]
    at: Instant


class NeedAnswer(NeedOutline):
    """A need as stations answers: with the parts of its computed triage score and the states it went through.

    `score_reasons` explains the parts where it is read by `ReadNeed`; the answers to commands leave it out.
    """

    severity: int
    score_parts: dict[str, int]
    score_reasons: Annotated[tuple[Reason, ...], Field(exclude_if=lambda reasons: not reasons)] = ()
    timeline: tuple[StateEntry, ...] = ()
    rating: OrAbsent[int] = None
