"""The examples of screening, sent in an order that makes sense, and things that a test looks for from elsewhere."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from gateway_stack import created, until
from played_examples import Examples

_MOOD: Final[dict[str, Any]] = {
    "zh": "情绪",
    "en": "mood",
    "thresholds": [{"severity": "watch", "answers": ["no"]}],
}
_LATER: Final = {"starts_at": "2030-05-02T06:00:00Z", "ends_at": "2030-05-02T10:00:00Z"}
SCREENING_BODIES: Final = {
    "/v1/indicators/{indicator_id}/revise": _MOOD,
    "/v1/screenings/{screening_id}/reschedule": _LATER,
    "/v1/screenings/{screening_id}/cancel": {"reason": "bad_weather"},
    "/v1/screenings/{screening_id}/results": {
        "resident_id": "resident_of_nobody", "results": [{"indicator": "lives_alone", "chosen": "no"}],
    },
    "/v1/results/{result_id}/correct": {"measured": 120, "correction": "measured_wrongly"},
    "/v1/alerts/{alert_id}/answer": {"way": "in_person"},
    "/v1/alerts/{alert_id}/treat": {"treatment": "seen_by_doctor"},
    "/v1/alerts/{alert_id}/dismiss": {"reason": "measured_wrongly"},
}  # fmt: skip
"""The bodies of actions on one of them."""


def screening(there: str, now: datetime | None = None) -> dict[str, Any]:
    begins = (now or datetime.now(UTC)) + timedelta(days=1)
    return {
        "station_id": there, "indicators": ["systolic_pressure", "lives_alone"], "expected": 20,
        "starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=4)).isoformat(),
    }  # fmt: skip


def agree(api: httpx.Client, resident_id: str, expires_at: str, purpose: str = "health_screening") -> None:
    """Have the resident consent separately to health data for the purpose."""
    given = {
        "person": {"kind": "resident", "id": resident_id}, "scopes": ["health"], "purpose": purpose,
        "expires_at": expires_at,
    }  # fmt: skip
    created(api, "/v1/consents", given)


def screened_of(api: httpx.Client, there: str, resident_id: str) -> dict[str, str]:
    """Define an indicator for the district of a station, and screen its resident; return the ids of all."""
    area = api.get(f"/v1/stations/{there}").json()["area"][:6]
    asked = {**_MOOD, "area": area, "code": "mood", "kind": "yes_no", "theme": "health", "service": "counselling"}
    planned = screening(there)
    agree(api, resident_id, planned["ends_at"])
    held = created(api, "/v1/screenings", planned)
    api.post(f"/v1/screenings/{held}/begin").raise_for_status()
    values = {"resident_id": resident_id, "results": [{"indicator": "systolic_pressure", "measured": 186}]}
    (result,) = api.post(f"/v1/screenings/{held}/results", json=values).raise_for_status().json()["items"]
    until(lambda: api.get(f"/v1/alerts/{result['alert_id']}").is_success, "the alert is shown")
    return {
        "indicator_id": created(api, "/v1/indicators", asked),
        "screening_id": held, "result_id": result["id"], "alert_id": result["alert_id"],
    }  # fmt: skip


def screen(examples: Examples, officer: httpx.Client) -> None:
    """Define, revise and retire an indicator; hold a screening and follow its alerts, as the examples have it.

    `officer` is the second person, who checks a dismissal.
    """
    indicator = {"indicator_id": examples.send("define_indicator")["id"]}
    examples.send("revise_indicator", indicator)
    examples.send("retire_indicator", indicator)
    examples.send("cancel_screening", {"screening_id": examples.send("plan_screening")["id"]})
    planned = examples.send("plan_screening")
    held = {"screening_id": planned["id"]}
    examples.send("reschedule_screening", held)
    examples.send("begin_screening", held)
    person = {"station_id": examples.ids["station"], "name": "Ma Screened", "birth_year": 1941}
    examples.ids["resident"] = created(examples.api, "/v1/residents", person)
    for purpose in ("health_screening", "family_notice"):
        agree(examples.api, examples.ids["resident"], planned["ends_at"], purpose)
    results = examples.send("record_results", held)["items"]
    alerts = {one["indicator"]: {"alert_id": one["alert_id"]} for one in results if one["alert_id"]}
    corrected = next(one["id"] for one in results if one["indicator"] == "systolic_pressure")
    examples.send("correct_result", {"result_id": corrected})
    examples.send("end_screening", held)
    examples.send("answer_alert", alerts["lives_alone"])
    examples.send("tell_family", alerts["lives_alone"])
    examples.send("treat_alert", alerts["lives_alone"])
    for check in ("reject", "confirm"):
        examples.send("dismiss_alert", alerts["systolic_pressure"])
        examples.send(f"{check}_dismissal", alerts["systolic_pressure"], by=officer)
