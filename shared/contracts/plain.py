"""Plain aggregates: their outward shape, one for events, answers and views, and the commands that change them."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts.areas import AreaCode
from shared.contracts.messages import OPEN, Answer, Command, ExternalId, Id, Instant, Scope
from shared.contracts.overdue_levels import OverdueLevel

CODE_PATTERN: Final = r"^[a-z][a-z0-9_]*$"
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=CODE_PATTERN)]

StepCode = Literal[
    "publish_need", "await_supply_and_volunteers", "begin_service", "end_service", "confirm_need", "evaluate_need",
    "see_to_overdue_need", "answer_offer", "check_in", "check_out", "state_hours", "collect_hours", "review_suspension",
    "renew_qualification", "renew_consent", "notify_authority", "notify_people", "close_breach", "await_erasure",
    "end_open_work", "decide_inactivity", "make_up_shortfall", "check_registration", "record_payment", "resume_webhook",
    "approve_payment", "settle_overpayment", "check_contact", "call_volunteer", "correct_finding", "check_correction",
    "upload_calendar", "begin_screening", "end_screening", "answer_alert", "treat_alert", "check_dismissal",
    "open_station", "decide_pilot",
    "assess_need", "see_to_unassessed_need",
    "send_file", "await_job", "see_to_failed_job", "correct_rows",
    "add_home", "await_calendar", "renew_plan", "resume_plan", "settle_missed_visit",
    "follow_up_enquiry", "answer_enquiry", "decide_referral", "decide_taken_over_referral",
    "report_referral_outcome",
    "replace_relation", "place_residents",
    "renew_licence", "end_leave", "assign_station", "fill_post", "train_worker", "hold_training",
]  # fmt: skip
"""The codes of the next steps of this release, for requests; events and answers may hold those of a newer one."""


class NextStep(BaseModel):
    """The next step of an open thing (L1): a code with arguments, worded where a person reads it.

    `due` is the instant after which the step is overdue; None where the thing waits without a date of its own.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: Code
    args: Mapping[str, str | int] = Field(default_factory=dict, max_length=8)
    due: Instant | None = None


class Reminder(BaseModel):
    """The last reminder of a next step that is overdue: whose turn it was, and the instant of the next one.

    The station is reminded first, then its street centre, then the district; the district again at each `next_at`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    step: Code
    was_due: Instant
    level: Annotated[OverdueLevel, OPEN]
    area: AreaCode = Field(description="The area that has to act.")
    next_at: Instant


class Shape(Answer):
    """The public state of a plain aggregate after a change: no personal data.

    The data of each of its events, its owner's answer, its view and the API's answer have these fields and no others.
    `version` counts the changes; `area` is the place of the aggregate, by which access is decided; `next_step` is None
    once nothing is left to do.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Id
    version: int = Field(description="Counts the changes; also the ETag.")
    area: AreaCode
    next_step: NextStep | None = None

    @property
    def own_station_id(self) -> str | None:
        """The station that the aggregate belongs to, None where it belongs to none: by it work lists are found.

        A shape that names its station otherwise overrides this.
        """
        station_id: str | None = getattr(self, "station_id", None)
        return station_id


class Creation(Command):
    """A command that makes a plain aggregate; `external_id` is the caller's own name for it."""

    external_id: ExternalId | None = None


class Action(Command):
    """A command to one plain aggregate. `expected_version`, where given, is the version that the sender has seen."""

    scope: ClassVar[Scope] = Scope(found=("id",))
    id: Id
    expected_version: int | None = None
