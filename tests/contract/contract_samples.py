"""Messages of every type, made from its own schema, so that a new type is covered the day it is made."""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from shared.contracts import export
from shared.contracts.envelope import CloudEvent, to_cloud_event
from shared.contracts.examples import AREA, NOW, PHONE, TRACE, fill
from shared.contracts.messages import EVENTS
from shared.contracts.volunteering.answer_links import LinkAction

MOST_CHOICES = 12
LOOK_UPS: list[dict[str, Any]] = [
    {"phone": PHONE}, {"identity_number": "11010519491231002X"}, {"name": "Lin Example", "birth_year": 1949},
]  # fmt: skip
DUPLICATES: list[dict[str, Any]] = [{"person_id": "vol-1"}, {"details": {"name": "Lin Example", "birth_year": 1949}}]
EDITS: list[dict[str, Any]] = [
    {"extent": "this", "home_id": "home-1", "on": "2026-03-10", "moved_to": "2026-03-11", "visit_time": "14:00"},
    {"extent": "this", "home_id": "home-1", "on": "2026-03-10", "cancelled": True},
    {
        "extent": "following",
        "on": "2026-03-10",
        "recurrence": "FREQ=WEEKLY;BYDAY=TU",
        "minutes": 30,
        "days_off": "move",
    },
    {"extent": "all", "ends_on": "2026-12-31"},
]
BY_HAND: dict[str, list[dict[str, Any]]] = {
    "AddStationsFilePart": [{"id": "job-1", "upload": "upload-1", "number": 0, "content": "YWJj", "last": True}],
    "Donate": [
        {"station_id": "station-1", "station_area": AREA, "goods": [{"item": "quilt", "quantity": 2, "unit": "piece"}]},
        {"station_id": "station-1", "services": [{"item": "legal_aid", "quantity": 1}], "donor_id": "donor-1"},
        {"fund_id": "fund-1", "amount_fen": 500, "donor": {"name": "Lin Example", "phone": PHONE}},
    ],
    **dict.fromkeys(("LookUpVolunteers", "LookUpDonors", "LookUpResidents"), LOOK_UPS),
    **dict.fromkeys(("FindDuplicateVolunteers", "FindDuplicateDonors", "FindDuplicateResidents"), DUPLICATES),
    "AddAttachmentPart": [
        {"need_id": "need-1", "kind": "photo", "upload": "upload-1", "number": 0, "content": "YWJj", "last": True}
    ],
    "ChangeRelation": [{"id": "relation-1", "tie": "child"}],
    "FindNeedsBeside": [{"need_ids": ["need-1"], "since": "2026-02-01T00:00:00Z"}],
    "CountResidentsServed": [{"area": "110102", "since": "2026-02-01T00:00:00Z", "before": "2026-03-01T00:00:00Z"}],
    "RecordRelation": [
        {"resident_id": "resident-1", "kind": "carer", "tie": "child", "since": "2026-02-01", **other}
        for other in ({"related_id": "resident-2"}, {"contact": {"name": "Lin Example", "phone": PHONE}})
    ],
    "LookUpWorkers": [{"name": "Lin Example"}, {"phone": PHONE}, {"certificate_number": "2023011010001"}],
    "ChangePost": [{"id": "post-1", "headcount": 2}],
    "ChangeWorker": [{"id": "worker-1", "phone": PHONE}],
    "ChangeResident": [{"id": "resident-1", "phones": [PHONE]}, {"id": "resident-1", "removed": ["address"]}],
    "RegisterResident": [
        {
            "station_id": "station-1",
            "name": "Ma Example",
            "identity_number": "11010519491231002X",
            "consent": {"words_version": "1", "obtained": "in_writing"},
        },
        {"station_id": "station-1", "name": "Ma Example", "phones": [PHONE], "birth_date": "1949-12-31"},
    ],
    "RequestReferral": [
        {"id": "referral-1", "basis": basis} for basis in ({"obtained": "online"}, {"override": "required_by_law"})
    ],
    "RecordPayment": [
        {"id": "pay-1", "amount_fen": 500, "payee": payee, "evidence": {"reference": "2026/17", "sha256": "a" * 64}}
        for payee in (
            {"kind": "organisation", "organisation_id": "org-1"},
            {"kind": "person", "name": "Lin Example", "account": "Example Bank 1"},
            {"kind": "voucher", "voucher": "V-1"},
        )
    ],
    "OpenStation": [
        {"area": AREA, "name": "Elm station", "level": "station", "stage": "planned", "opens_on": "2026-03-02"},
        {"area": AREA, "name": "Elm station", "level": "station", "stage": "pilot", "pilot_until": "2026-03-02"},
    ],
    "EditPlan": [{"id": "plan-1", "expected_version": 2, **edit} for edit in EDITS],
    "PreviewPlanEdit": [{"plan_id": "plan-1", "at": "2026-03-02T09:00:00Z", "edit": edit} for edit in EDITS],
    "AnswerByLink": [
        {"link_id": "0f" * 32, "action": action, "expected_version": 1} for action in get_args(LinkAction)
    ],
    "IssueAnswerLink": [{"dispatch_id": "dispatch-1", "link_id": "0f" * 32}],
    "IssuedLink": [{"dispatch_id": "dispatch-1", "link_id": "0f" * 32, "ends_at": "2026-03-02T09:00:00Z"}],
    "ReadAnswerLink": [{"link_id": "0f" * 32}],
    "NotifyPeople": [
        {"id": "breach-1", "expected_version": 2, "at": "2026-03-02T09:00:00Z"},
        {"id": "breach-1", "reason": "measures_avoid_harm"},
    ],
}
"""Where fields exclude each other, by the model's name."""


def messages(name: str, schema: dict[str, Any]) -> Iterator[Any]:
    """Samples that the schema allows: minimal ones, and whole ones with each choice of each field.

    A schema cannot express a model's rules about several fields, so not every sample is valid.
    """
    parts = schema.get("$defs", {})
    yield fill(schema, parts, least=True)
    for nth in range(MOST_CHOICES):
        yield fill(schema, parts, nth=nth)
    yield from BY_HAND.get(name, ())


@cache
def event_schema(kind: str) -> dict[str, Any]:
    """Return the committed schema of that event's data; it is shared, so leave it unchanged.

    `test_contract_schemas` holds it to be that of the model.
    """
    return export.read_event(kind)


def sample_data(kind: str) -> dict[str, Any]:
    """Return data of that event with every field filled."""
    schema = event_schema(kind)
    data: dict[str, Any] = fill(schema, schema.get("$defs", {}))
    return data


def sample(kind: str) -> CloudEvent:
    """An event of that type in its envelope, as a service would have sent it."""
    return to_cloud_event(
        EVENTS[kind].model_validate(sample_data(kind)), subject="subject_1", version=3, nth=0, time=NOW, area=AREA,
        correlation="correlation-1", causation="cause-1", traceparent=TRACE,
    )  # fmt: skip
