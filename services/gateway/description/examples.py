"""Examples of bodies, by operation, and of the answers that are read most, by schema. All names are invented.

Those in answers.json were answered by a running platform to the examples of bodies, with other ids and instants.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic_core import from_json

from services.gateway.features.needs.request import EXAMPLE as NEED

Json = dict[str, Any]
_DUE: Final = "2030-05-08T10:00:00Z"
_ORGANISATION: Final = "organisation_00k3v9x2a4b5c6d7e8f9"
_PERSON: Final = {"kind": "volunteer", "id": "vol_00k3v9x2a4b5c6d7e8f9"}

BODIES: Final[Mapping[str, Json]] = {
    "add_entry": {
        "kind": "item", "code": "folding_bed", "zh": "折叠床", "en": "folding bed", "synonyms": ["行军床"],
        "form": "goods", "units": [{"code": "piece", "zh": "张", "en": "piece"}],
    },
    "adjust_hours": {"minutes": 90, "reason_code": "left_earlier"},
    "amend_calendar": {"holidays": ["2027-01-01", "2027-02-05"], "made_up": ["2027-02-20"]},
    "amend_need": {
        "lines": [{"line_id": "l1", "quantity": 10}], "headcount": 2, "reason_code": "entered_wrongly",
    },
    "begin_pilot": {"pilot_until": "2030-12-31"},
    "assess_need": {
        "domains": ["daily_care", "health"], "risk": "medium", "problem": "Cannot collect her medicine alone.",
        "causes": "Lives alone since a fall in winter.", "strengths": "Her neighbours look in every day.",
        "wishes": "To stay in her own flat.",
    },
    "begin_export": {"report": "needs", "area": "110102009", "period": "2026-Q1", "format": "xlsx", "exact": True},
    "begin_import": {"kind": "areas", "area": "110102", "dry_run": True, "external_id": "register-2026"},
    "answer_alert": {"way": "in_person"},
    "cancel_screening": {"reason": "bad_weather"},
    "dismiss_alert": {"reason": "measured_wrongly"},
    "cancel_need": {"reason_code": "no_longer_needed", "reason": "A neighbour helps."},
    "change_breach": {
        "kind": "disclosed", "found_at": "2026-03-02T08:00:00Z", "categories": ["names", "contacts"], "people_least": 3,
        "people_most": 12, "cause": "misdirected", "harms": ["fraud"], "measures": ["deletion_confirmed"],
    },
    "change_organisation": {
        "name": "榆树馆社区服务中心", "credit_code": "52110102MJ0123456B", "kind": "social_service_institution",
        "roles": ["social_organisation", "social_work"], "area": "110102009", "areas": ["110102009017"],
    },
    "change_station": {
        "name": "榆树馆社区社工站", "functions": ["donation_point", "volunteer_point"], "brand": "榆树常青",
        "feature": "为老服务",
    },
    "change_volunteer": {"skills": ["first_aid"], "standing_acceptance": True},
    "confirm_need": {"note": "All boxes handed over.", "delivered": [{"line_id": "l1", "amount": 69}]},
    "edit_need": {"severity": 4, "due": _DUE},
    "edit_plan": {"extent": "following", "on": "2030-06-04", "visit_time": "14:00"},
    "end_call": {"outcome": "reached"},
    "end_plan": {"reason": "no_longer_needed"},
    "end_organisation": {"reason": "deregistered"},
    "evaluate_need": {"rating": 5, "comment": "On time and friendly."},
    "extend_finding": {"due": _DUE},
    "extend_need": {"due": _DUE, "reason_code": "delivery_delayed"},
    "import_areas": {
        "rows": [
            {"code": "110102", "name": "西城区"}, {"code": "110102009", "name": "展览路街道"},
            {"code": "110102009017", "name": "榆树馆社区"},
        ]
    },
    "keep_inactive_volunteer": {"reason": "will_return"},
    "merge_need": {"into_id": "need_00k3v9x2a4b5c6d7e8f9"},
    "merge_station": {"into_id": "station_00k3v9x2a4b5c6d7e8f9"},
    "move_station": {"area": "110102009019"},
    "merge_donors": {"into_id": "donor_00k3v9x2a4b5c6d7e8f9", "reason_code": "registered_twice"},
    "notify_authority": {"at": "2026-03-02T09:30:00Z"},
    "notify_people": {"at": "2026-03-02T12:00:00Z"},
    "open_fund": {"area": "110102009017", "name": "榆树馆社区基金", "external_id": "fund-17"},
    "pause_plan": {"reason": "staff_short"},
    "read_shared": {"person": _PERSON, "scopes": ["contact"], "purpose": "insurance"},
    "record_payment": {
        "amount_fen": 20000, "payee": {"kind": "organisation", "organisation_id": _ORGANISATION},
        "evidence": {"reference": "receipts/2026/0117", "sha256": "9f86d081884c7d659a2feaa0c55ad015" * 2},
    },
    "remove_home": {"reason": "resident_moved"},
    "reschedule_screening": {"starts_at": "2030-05-02T06:00:00Z", "ends_at": "2030-05-02T10:00:00Z"},
    "treat_alert": {"treatment": "seen_by_doctor"},
    "reopen_finding": {"due": _DUE},
    "resolve_misdirection": {"outcome": "contact_corrected"},
    "refuse_payment": {"reason_code": "evidence_insufficient"},
    "answer_enquiry": {"answer": "capacity"},
    "complete_handover": {"outcome": "served"},
    "reject_handover": {"reason": "no_capacity"},
    "request_referral": {"basis": {"override": "immediate_danger"}},
    "revoke_referral": {"reason": "another_receiver"},
    "register_donor": {"name": "Elm Example", "phone": "13800000000", "area": "110102009"},
    "register_needs": {"needs": [NEED]},
    "override_triage": {"score": 85, "reason_code": "condition_worsened"},
    "register_volunteer": {
        "name": "Oak Example", "phone": "13800000001", "area": "110102009017",
        "location": {"lon": 116.35, "lat": 39.93}, "birth_year": 1988, "skills": ["first_aid"],
        "availability": [{"days": [6, 7], "start": "09:00", "end": "17:00"}], "standing_acceptance": False,
    },
    "change_resident": {"phones": ["13800138001"], "capacity": "limited", "removed": ["address"]},
    "change_relation": {"tie": "grandchild"},
    "end_relation": {"reason": "no_longer"},
    "merge_residents": {"into_id": "resident_00k3v9x2a4b5c6d7e8f9", "reason_code": "registered_twice"},
    "unmerge_residents": {"reason_code": "different_people"},
    "move_in": {"resident_id": "resident_00k3v9x2a4b5c6d7e8f9", "relation": "spouse", "since": "2001-05-01"},
    "move_out": {"resident_id": "resident_00k3v9x2a4b5c6d7e8f9", "on": "2026-02-01"},
    "relate_members": {"members": [{"resident_id": "resident_00k3v9x2a4b5c6d7e8f9", "relation": "head"}]},
    "transfer_household": {"station_id": "station_00k3v9x2a4b5c6d7e8f9"},
    "change_post": {"headcount": 3},
    "fill_post": {"worker_id": "worker_00k3v9x2a4b5c6d7e8f9"},
    "vacate_post": {
        "worker_id": "worker_00k3v9x2a4b5c6d7e8f9", "reason": "other_post", "fill_by": "2030-08-01T10:00:00Z",
    },
    "close_post": {"reason": "reorganised"},
    "cancel_training": {"reason": "too_few"},
    "withdraw_attendance": {"reason": "did_not_attend"},
    "change_worker": {"phone": "13800138003"},
    "record_licence": {
        "level": "social_worker", "certificate_number": "2026021010002", "registered_until": "2030-12-31",
    },
    "begin_leave": {"until": "2030-09-01"},
    "transfer_worker": {"station_id": "station_00k3v9x2a4b5c6d7e8f9"},
    "end_employment": {"reason": "moved_on", "left_on": "2026-02-01"},
    "employ_again": {"employed_on": "2026-02-01"},
    "end_resident": {"reason": "moved_away"},
    "remove_attachment": {"reason": "no_longer_needed"},
    "reopen_resident": {"despite": ["resident_00k3v9x2a4b5c6d7e8f9"]},
    "transfer_resident": {"station_id": "station_00k3v9x2a4b5c6d7e8f9"},
    "renew_consent": {"expires_at": _DUE},
    "reopen_need": {
        "due": _DUE, "reason_code": "still_needed",
    "slot": {"starts_at": "2030-05-07T08:00:00Z", "ends_at": "2030-05-07T11:00:00Z"},
    },
    "reschedule_station": {"day": "2030-09-01"},
    "resolve_check": {"outcome": "another_person"},
    "reverse_payment": {"amount_fen": 5000, "reason_code": "money_returned"},
    "revise_indicator": {
        "zh": "静息心率", "en": "resting pulse", "thresholds": [{"severity": "high", "at_least": 120}],
    },
    "state_hours": {"left_at": "2030-05-01T09:00:00Z", "reason_code": "forgot_check_out"},
    "settle_missed_visit": {"outcome": "home_informed"},
    "suspend_organisation": {"reason": "inspection_failed"},
    "undo_confirmation": {"reason_code": "wrong_amounts"},
    "unmerge_donors": {"reason_code": "different_people"},
    "unmerge_volunteers": {"reason_code": "different_people"},
    "unlink_organisation": {"reason": "agreement_ended"},
    "withdraw_finding": {"reason": "duplicate"},
    "withdraw_visit": {"reason": "recorded_by_mistake"},
}  # fmt: skip
"""Of bodies whose models show none, or none that fits the operation. A body without fields is `{}`."""

_STATION: Final[Json] = {
    "id": "station_00k3v9x2a4b5c6d7e8f9", "version": 1, "area": "110102009017", "name": "榆树馆社区社工站",
    "level": "station", "state": "open", "opened_at": "2026-03-02T01:00:00Z", "next_step": None,
}  # fmt: skip
_TASK: Final[Json] = {
    "code": "confirm_need", "args": {}, "kind": "need", "id": "need_00k3v9x2a4b5c6d7e8f9",
    "path": "/v1/needs/need_00k3v9x2a4b5c6d7e8f9", "area": "110102009017", "station_id": "station_00k3v9x2a4b5c6d7e8f9",
    "person_id": None, "due": _DUE, "overdue": False, "text": "Confirm the service.",
}  # fmt: skip
_EVENT: Final = {
    "specversion": "1.0", "id": "station_00k3v9x2a4b5c6d7e8f9.1.0", "source": "/stations/station",
    "type": "stations.station.opened", "subject": "station_00k3v9x2a4b5c6d7e8f9", "time": "2026-03-02T01:00:00Z",
    "datacontenttype": "application/json",
    "dataschema": "lianshan:/schemas/stations/events/stations.station.opened.json", "sequence": "0000000001",
    "partitionkey": "station_00k3v9x2a4b5c6d7e8f9", "correlationid": "0af7651916cd43dd8448eb211c80319c",
    "causationid": "b7ad6b7169203331", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "area": "110102009017", "data": {name: value for name, value in _STATION.items() if name != "next_step"},
}  # fmt: skip
ANSWERS: Final[Mapping[str, Json]] = from_json(Path(__file__).with_name("answers.json").read_bytes()) | {
    "FeedPage": {
        "items": [{"cursor": "0k3f9x2m1d8r5t7w2q4z-391", "event": _EVENT}], "next": None,
        "cursor": "0k3f9x2m1d8r5t7w2q4z-391",
    },
    "KeyAnswer": {
        "id": "key_0f1e2d3c4b5a69788796", "name": "City platform", "roles": ["reader"], "permissions": ["read"],
        "area": "110102", "principal": "principal_0f1e2d3c4b5a69788796", "created_at": "2026-03-02T01:00:00Z",
        "expires_at": "2027-03-02T01:00:00Z", "last_used_at": None, "requests_per_second": None, "replaced_by": None,
        "key": "a-secret-that-is-shown-this-once",
    },
    "Station": _STATION,
    "StationPage": {"items": [_STATION], "next": None},
    "TaskPage": {"items": [_TASK], "next": "bmVlZF8wMGszdjl4MmE0YjVjNmQ3ZThmYQ"},
}  # fmt: skip


def add_examples(described: Json) -> None:
    """Show an example of each body, and of the answers that have one."""
    schemas = described["components"]["schemas"]
    for operation in (each for methods in described["paths"].values() for each in methods.values()):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is not None:  # a file has no example
            schema = schemas[_name(content)]
            if "example" not in content:
                shown = BODIES.get(operation["operationId"]) or next(iter(schema.get("examples", ())), {})
                content["example"] = shown
        for answer in operation["responses"].values():
            for content in answer.get("content", {}).values():
                if (example := ANSWERS.get(_name(content))) is not None:
                    content["example"] = example


def _name(content: Json) -> str:
    return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]
