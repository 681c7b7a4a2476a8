"""Answers of tasks: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class TaskAnswer(TypedDict):
    """The next step of one open thing."""

    code: str
    args: NotRequired[dict[str, str | int]]
    kind: str
    id: str
    path: str
    area: str
    station_id: str | None
    person_id: str | None
    due: str | None
    overdue: bool
    text: str


class TaskPage(TypedDict):
    """A page of a list, newest first."""

    items: list[TaskAnswer]
    next: str | None


StepCode = (
    Literal[
        "publish_need",
        "await_supply_and_volunteers",
        "begin_service",
        "end_service",
        "confirm_need",
        "evaluate_need",
        "see_to_overdue_need",
        "answer_offer",
        "check_in",
        "check_out",
        "state_hours",
        "collect_hours",
        "review_suspension",
        "renew_qualification",
        "renew_consent",
        "notify_authority",
        "notify_people",
        "close_breach",
        "await_erasure",
        "end_open_work",
        "decide_inactivity",
        "make_up_shortfall",
        "check_registration",
        "record_payment",
        "resume_webhook",
        "approve_payment",
        "settle_overpayment",
        "check_contact",
        "call_volunteer",
        "correct_finding",
        "check_correction",
        "upload_calendar",
        "begin_screening",
        "end_screening",
        "answer_alert",
        "treat_alert",
        "check_dismissal",
        "open_station",
        "decide_pilot",
        "assess_need",
        "see_to_unassessed_need",
        "send_file",
        "await_job",
        "see_to_failed_job",
        "correct_rows",
        "add_home",
        "await_calendar",
        "renew_plan",
        "resume_plan",
        "settle_missed_visit",
        "follow_up_enquiry",
        "answer_enquiry",
        "decide_referral",
        "decide_taken_over_referral",
        "report_referral_outcome",
        "replace_relation",
        "place_residents",
        "renew_licence",
        "end_leave",
        "assign_station",
        "fill_post",
        "train_worker",
        "hold_training",
    ]
    | str
)
