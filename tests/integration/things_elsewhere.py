"""Things that a test makes over HTTP and looks for from another area."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from elsewhere import breach, organisation
from gateway_stack import ELSEWHERE, RunningGateway, created, need, station, until, volunteer
from linked_offer import misdirect_offer
from open_calls import open_call
from played_residents import BODIES, registered_of
from played_screening import SCREENING_BODIES, screened_of
from played_staff import STAFF_BODIES, staffed_of

PLAIN_BODIES: Final = {
    "/v1/referrals/{referral_id}/request": {"basis": {"obtained": "online"}},
    "/v1/referrals/{referral_id}/revoke": {"reason": "sent_by_mistake"},
    "/v1/handovers/{handover_id}/answer": {"answer": "capacity"},
    "/v1/handovers/{handover_id}/reject": {"reason": "no_capacity"},
    "/v1/handovers/{handover_id}/complete": {"outcome": "served"},
    "/v1/needs/{need_id}/merge": {"into_id": "need_1"},
    "/v1/needs/{need_id}/triage": {"score": 50, "reason_code": "support_found"},
    "/v1/needs/{need_id}/assess": {"domains": ["health"], "risk": "low", "problem": "She eats too little."},
    "/v1/needs/{need_id}/extend": {"due": "2030-05-01T10:00:00Z", "reason_code": "delivery_delayed"},
    "/v1/needs/{need_id}/reopen": {"due": "2030-05-01T10:00:00Z", "reason_code": "still_needed"},
    "/v1/inactivities/{inactivity_id}/keep": {"reason": "proof_requested"},
    "/v1/misdirections/{misdirection_id}/resolve": {"outcome": "contact_right"},
    "/v1/calls/{call_id}/end": {"outcome": "reached"},
    "/v1/volunteers/{volunteer_id}/notices": {"wanted": True},
    "/v1/calendars/{calendar_id}/amend": {"holidays": []},
    "/v1/participants/{participant_id}/unlink": {"reason": "agreement_ended"},
    "/v1/stations/{station_id}/move": {"area": "110102009018"},
    "/v1/stations/{station_id}/merge": {"into_id": "station_of_nobody"},
    **SCREENING_BODIES,
    "/v1/stations/{station_id}/change": {"name": "Mine now"},
    "/v1/stations/{station_id}/reschedule": {"day": "2030-05-01"},
    "/v1/plans/{plan_id}/edit": {"extent": "all", "minutes": 30},
    "/v1/plans/{plan_id}/pause": {"reason": "weather"},
    "/v1/plans/{plan_id}/end": {"reason": "no_longer_needed"},
    "/v1/homes/{home_id}/remove": {"reason": "declined"},
    "/v1/occurrences/{occurrence_id}/settle": {"outcome": "home_informed"},
    "/v1/visits/{visit_id}/withdraw": {"reason": "duplicate"},
    "/v1/findings/{finding_id}/extend": {"due": "2030-05-01T10:00:00Z"},
    "/v1/findings/{finding_id}/reopen": {"due": "2030-05-01T10:00:00Z"},
    "/v1/findings/{finding_id}/withdraw": {"reason": "duplicate"},
    **BODIES,
    **STAFF_BODIES,
}


def check_of(api: httpx.Client, area: str) -> str:
    """Register one person twice in the area; return the id of the check."""
    twin = volunteer(area=area, name="Twin Example", phone="+8613999990000")
    created(api, "/v1/volunteers", twin)
    second = created(api, "/v1/volunteers", twin)

    def found() -> list[dict[str, Any]]:
        return list(api.get("/v1/checks", params={"volunteer_id": second}).json()["items"])

    return str(until(found, "the second registration is checked")[0]["id"])


def dispatch_of(api: httpx.Client, there: str, skills: Sequence[str] = ()) -> str:
    """Publish a need for one volunteer with the skills; return the first dispatch."""
    request = need(there, lines=[])
    day = request["due"][:11]
    request["due"] = f"{day}23:00:00+00:00"
    request["volunteers"] = {
        "headcount": 1, "skills": list(skills), "languages": [],
        "starts_at": f"{day}20:00:00+00:00", "ends_at": f"{day}22:00:00+00:00",
    }  # fmt: skip
    need_id = created(api, "/v1/needs", request)

    def found() -> list[dict[str, Any]]:
        return list(api.get("/v1/dispatches", params={"need_id": need_id}).json()["items"])

    return str(until(found, "a volunteer was asked")[0]["id"])


def misdirection_of(api: httpx.Client, there: str) -> str:
    """Have somebody say that an offer for a need of the station was not for them; return the id of the misdirection."""
    issued = api.post(f"/v1/dispatches/{dispatch_of(api, there)}/answer-link")
    return misdirect_offer(api, issued.json()["path"])


def called_of(gateway: RunningGateway, api: httpx.Client, there: str) -> dict[str, str]:
    """Have a station ask a volunteer who wants no notices; return the ids of the dispatch and of the call."""
    dispatch = dispatch_of(api, there)
    return {"dispatch_id": dispatch, "call_id": open_call(gateway, dispatch)}


def visit(there: str) -> dict[str, Any]:
    return {
        "station_id": there, "kind": "support", "topics": ["training"], "began_at": "2026-03-01T00:00:00Z",
        "minutes": 60,
    }  # fmt: skip


def finding(visit_id: str) -> dict[str, Any]:
    return {
        "visit_id": visit_id, "topic": "training", "severity": "minor", "action": "train_staff",
        "due": need("station_of_nobody")["due"],
    }  # fmt: skip


def taking_part_at(api: httpx.Client, there: str) -> dict[str, str]:
    """Link an organisation to a station; return the ids of both."""
    linked = {"station_id": there, "organisation_id": created(api, "/v1/organisations", organisation())}
    participant = created(api, "/v1/participants", {**linked, "role": "social_organisation"})
    return {"organisation_id": linked["organisation_id"], "participant_id": participant}


def supervised_of(api: httpx.Client, there: str) -> dict[str, str]:
    """Visit a station and find a thing to be corrected; return the ids of both."""
    visit_id = created(api, "/v1/visits", visit(there))
    return {"visit_id": visit_id, "finding_id": created(api, "/v1/findings", finding(visit_id))}


def plan(there: str) -> dict[str, Any]:
    """A plan that visits each day, from tomorrow on."""
    today = datetime.now(UTC).date()
    return {
        "station_id": there, "theme": "elderly_care", "starts_on": str(today + timedelta(days=2)),
        "ends_on": str(today + timedelta(days=60)), "recurrence": "FREQ=DAILY", "visit_time": "09:30", "minutes": 60,
        "visitors": {"headcount": 1},
    }  # fmt: skip


def planned_of(api: httpx.Client, there: str) -> dict[str, str]:
    """Upload the calendar of a station's district, and have a plan visit a home; return the ids of all."""
    area = api.get(f"/v1/stations/{there}").json()["area"][:6]
    calendar = created(api, "/v1/calendars", {"area": area, "year": 2029, "holidays": ["2029-01-01"]})
    plan_id = created(api, "/v1/plans", plan(there))
    home = created(api, "/v1/homes", {"plan_id": plan_id, "need_id": created(api, "/v1/needs", need(there))})

    def found() -> list[dict[str, Any]]:
        return list(api.get("/v1/occurrences", params={"home_id": home}).json()["items"])

    visit_id = str(until(found, "the visits are made")[0]["id"])
    return {"calendar_id": calendar, "plan_id": plan_id, "home_id": home, "occurrence_id": visit_id}


def referred_of(api: httpx.Client, there: str) -> dict[str, str]:
    """Refer a need of the station to another one of its street; return the ids of both sides."""
    beside = api.get(f"/v1/stations/{there}").json()["area"][:9] + "098"
    api.post("/v1/areas:batch", json={"rows": [{"code": beside, "name": "Oak Lane"}]}).raise_for_status()
    to = {"kind": "station", "id": station(api, beside)}
    sent = api.post("/v1/referrals", json={"need_id": created(api, "/v1/needs", need(there)), "receiver": to})
    sent.raise_for_status()
    return {"referral_id": sent.json()["id"], "handover_id": sent.json()["handover_id"]}


def plain_things_of(gateway: RunningGateway, api: httpx.Client, there: str) -> dict[str, str]:
    """Return the ids of things of stations and volunteering, by the name of the id."""
    registered = registered_of(api, there)
    return {
        **registered,
        **staffed_of(api, there),
        **called_of(gateway, api, there),
        **supervised_of(api, there),
        **planned_of(api, there),
        **referred_of(api, there),
        "job_id": created(api, "/v1/imports", {"kind": "areas", "area": ELSEWHERE}),
        "breach_id": created(api, "/v1/breaches", breach()),
        **screened_of(api, there, registered["resident_id"]),
    }
