"""Bodies about needs: where callers may write the same thing in several ways, the command knows one."""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, JsonValue, Tag
from pydantic_core import PydanticKnownError

from services.gateway.http.bodies import build_command, is_object
from shared.contracts.messages import ExternalId, Id, Instant, Label, Message, Text, Title
from shared.contracts.need_parts import LineDelivered, Place, Quantity, Urgency
from shared.contracts.stations.amending import AmendNeed, EditNeed, NeedAmendment, NeedEdit
from shared.contracts.stations.assessing import AssessNeed
from shared.contracts.stations.need_intake import MOST_DOMAINS, IntakeChannel, OverrideReason, ProblemDomain, RiskLevel
from shared.contracts.stations.need_merging import MergeNeed
from shared.contracts.stations.need_reasons import CancelReason, ExtensionReason, UndoReason
from shared.contracts.stations.need_request import Beneficiaries, LineAsked, ResidentIds, VolunteersAsked
from shared.contracts.stations.need_residents import NameResidents
from shared.contracts.stations.needs import RegisterNeed
from shared.contracts.stations.reopening import ReopeningReason, Slot
from shared.contracts.stations.triage import OverrideTriage

UrgencyWord = Literal["low", "normal", "medium", "high", "urgent", "critical"]
_URGENCIES: Final[dict[UrgencyWord, Urgency]] = {
    "low": "low",
    "normal": "normal",
    "medium": "normal",
    "high": "high",
    "urgent": "urgent",
    "critical": "urgent",
}

# The tags stand in the paths of errors, where `problems` takes them out again.
BeneficiariesIn = Annotated[
    Annotated[Quantity, Tag("count only")] | Annotated[Beneficiaries, Tag("count and groups")],
    Discriminator(lambda value: "count and groups" if is_object(value) else "count only"),
]
_URGENCY_WORDS: Final = "`medium` is read as `normal`, `critical` as `urgent`."
UrgencyIn = Annotated[UrgencyWord, Field(description=_URGENCY_WORDS)]
_ROWS: Final = ("NeedIn", "OtherNeed")
EXAMPLE: Final[dict[str, JsonValue]] = {
    "station_id": "station_00k3v9x2a4b5c6d7e8f9",
    "title": "Medication delivery to 69 homes",
    "theme": "elderly_care",
    "urgency": "high",
    "due": "2030-05-01T10:00:00Z",
    "location": {"lon": 116.35, "lat": 39.93},
    "beneficiaries": {"count": 69, "groups": ["elderly_80_plus", "living_alone"]},
    "lines": [
        {"kind": "goods", "item": "medicine_box", "quantity": 69, "unit": "box"},
        {"kind": "money", "amount_fen": 20000, "purpose": "transport"},
    ],
    "volunteers": {
        "headcount": 3,
        "skills": ["first_aid"],
        "languages": [],
        "starts_at": "2030-05-01T06:00:00Z",
        "ends_at": "2030-05-01T09:00:00Z",
    },
    "publish": True,
}


class NeedIn(Message):
    """A resident's need. It asks for at least one line or for volunteers."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    station_id: Id
    title: Title
    theme: Label
    channel: IntakeChannel = Field(default="unspecified", description="The way by which the station learned of it.")
    urgency: UrgencyIn
    severity: int = Field(default=3, ge=1, le=5)
    due: Instant
    location: Place
    beneficiaries: BeneficiariesIn
    lines: tuple[LineAsked, ...] = Field(default=(), max_length=20)
    volunteers: VolunteersAsked | None = None
    publish: bool = False
    external_id: ExternalId | None = None
    residents: ResidentIds = ()

    def command(self) -> RegisterNeed:
        """Return the command to stations, with urgency and beneficiaries in the one way it knows."""
        people = self.beneficiaries
        return RegisterNeed(
            station_id=self.station_id,
            title=self.title,
            theme=self.theme,
            channel=self.channel,
            urgency=_URGENCIES[self.urgency],
            severity=self.severity,
            due=self.due,
            location=self.location,
            beneficiaries=Beneficiaries(count=people) if isinstance(people, int) else people,
            lines=self.lines,
            volunteers=self.volunteers,
            publish=self.publish,
            external_id=self.external_id,
            residents=self.residents,
        )


class EditIn(NeedEdit):
    """The fields of a draft that are to change; those that are null stay.

    `lines` and `volunteers` replace those of before as a whole; `without_volunteers` has the need ask for nobody.
    """

    urgency: UrgencyWord | None = Field(default=None, description=_URGENCY_WORDS)  # type: ignore[assignment] # in more words than the command knows
    beneficiaries: BeneficiariesIn | None = None  # type: ignore[assignment] # likewise

    def command(self, need_id: str, expected_version: int | None) -> EditNeed:
        """Return the command to stations. Raises Problem (422) for an id that is malformed."""
        people = self.beneficiaries
        words = {
            "urgency": None if self.urgency is None else _URGENCIES[self.urgency],
            "beneficiaries": Beneficiaries(count=people) if isinstance(people, int) else people,
        }
        return build_command(EditNeed, need_id=need_id, expected_version=expected_version, **{**dict(self), **words})


class AmendIn(NeedAmendment):
    """The parts of a published need that are to be others, and why; those that are null or empty stay.

    `lines` are those with another quantity, in the unit of the line or in fen. A line for another item is one of
    `dropped_lines` and one of `new_lines`. The words of `note` stay with the station.
    """

    def command(self, need_id: str, expected_version: int | None) -> AmendNeed:
        """Return the command to stations. Raises Problem (422) for an id that is malformed."""
        return build_command(AmendNeed, need_id=need_id, expected_version=expected_version, **dict(self))


class NamedIn(Message):
    """The residents whom a need is about, in the place of those before; none: nobody is named."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"residents": ["resident_00k3v9x2a4b5c6d7e8f9"]}]})

    residents: ResidentIds

    def command(self, need_id: str, expected_version: int | None) -> NameResidents:
        """Return the command to stations. Raises Problem (422) for an id that is malformed."""
        return build_command(
            NameResidents, need_id=need_id, expected_version=expected_version, residents=self.residents
        )


def _require_object(row: Any) -> Any:
    """Return the row. Raises PydanticKnownError of type `dict_type` for something else than an object."""
    if not isinstance(row, dict):
        raise PydanticKnownError("dict_type")
    return row


class OtherNeed(BaseModel):
    """An object that is no NeedIn: it is refused in its place, with the rules that it breaks; others are taken."""

    model_config = ConfigDict(extra="allow")


class NeedsIn(Message):
    """Several needs; each is checked and taken on its own (see NeedIn)."""

    # Objects of any form, so that one malformed need does not refuse the whole batch; something else is no row of data.
    needs: tuple[Annotated[Any, AfterValidator(_require_object)], ...] = Field(
        min_length=1,
        max_length=200,
        json_schema_extra={"items": {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in _ROWS]}},
    )


class ExtendIn(Message):
    """The later due time, and why."""

    due: Instant
    reason_code: ExtensionReason


class ReopenIn(Message):
    """The new due time, the volunteers' new slot where theirs is over, and why."""

    due: Instant
    slot: Slot | None = None
    reason_code: ReopeningReason


class CancelIn(Message):
    """The words of the reason stay with the station; its code is announced."""

    reason: Text = ""
    reason_code: CancelReason = "unspecified"


class ConfirmIn(Message):
    """The delivered amounts, line by line, and a note, which stays with the station."""

    note: Text = ""
    delivered: tuple[LineDelivered, ...] = Field(
        default=(),
        max_length=20,
        description="In base units or fen. Of a line that is not named, all that is committed was delivered.",
    )


class UndoIn(Message):
    """Why the confirmation was wrong."""

    reason_code: UndoReason


class EvaluateIn(Message):
    """A rating from 1 to 5; the comment stays with the station."""

    rating: int = Field(ge=1, le=5)
    comment: Text = ""


class AssessIn(Message):
    """The assessment of a need. The words stay with the station, and are read apart from the need."""

    domains: tuple[ProblemDomain, ...] = Field(
        min_length=1, max_length=MOST_DOMAINS, description="The domains in which the problem lies."
    )
    risk: RiskLevel = Field(description="The risk of harm to the person, or by the person.")
    problem: Annotated[Text, Field(min_length=1)]
    causes: Text = ""
    strengths: Text = ""
    wishes: Text = ""

    def command(self, need_id: str, expected_version: int | None) -> AssessNeed:
        """Return the command to stations. Raises Problem (422) for an id that is malformed."""
        return build_command(AssessNeed, need_id=need_id, expected_version=expected_version, **dict(self))


class MergeNeedIn(Message):
    """The need that goes on, and the parts of the duplicate that it takes over."""

    into_id: Id = Field(description="The need of the same station that goes on.")
    expected_into_version: int | None = Field(
        default=None, description="The version of the other need that you have seen; null: any."
    )
    lines: tuple[Id, ...] = Field(
        default=(), max_length=20, description="The lines of the duplicate that the other need asks for from now on."
    )
    headcount: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="The volunteers that the other need asks for; null: as before.",
    )

    def command(self, need_id: str, expected_version: int | None) -> MergeNeed:
        """Return the command to stations. Raises Problem (422) for an id that is malformed."""
        return build_command(MergeNeed, need_id=need_id, expected_version=expected_version, **dict(self))


class TriageIn(Message):
    """The score that counts from now on instead of the computed one, or null for the computed one again, and why."""

    score: int | None = Field(default=None, ge=0, le=100, description="The score from now on; null: the computed one.")
    reason_code: OverrideReason

    def command(self, need_id: str, expected_version: int | None) -> OverrideTriage:
        """Return the command to stations. Raises Problem (422) for an id that is malformed."""
        return build_command(OverrideTriage, need_id=need_id, expected_version=expected_version, **dict(self))
