"""The screening of the morning: a critical value raises an alert, which opens an urgent need by itself."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from deploy.lianshan.demo import scene, script
from deploy.lianshan.demo.scene import Body

if TYPE_CHECKING:
    from deploy.lianshan.demo.steps import DemoDay

LASTS: Final = timedelta(hours=3)
CONSENTED: Final = timedelta(days=300)
INDICATORS: Final = ("systolic_pressure", "lives_alone")


def screen_elders(day: "DemoDay") -> str:
    """Screen older residents, who consent separately; answer the critical alert and return its id."""
    day.begin_part("screening")
    day.give(scene.CONSULTATIONS)
    station, now = day.stations[script.CONSULT.station], day.story.now
    planned: Body = {
        "station_id": station, "groups": ["elderly"], "indicators": list(INDICATORS), "expected": len(scene.ELDERS),
        "starts_at": now.isoformat(), "ends_at": (now + LASTS).isoformat(),
    }  # fmt: skip
    screening = day.api.post("/screenings", planned)["id"]
    day.api.post(f"/screenings/{screening}/begin")
    found = [_examine(day, screening, station, elder) for elder in scene.ELDERS]
    alert_id, need_id = next((alert, need) for alert, need in found if need)
    day.day.register(script.CONSULT, need_id)
    day.observer.observe()
    alert = day.api.post(f"/alerts/{alert_id}/answer", {"way": "in_person"})
    said = day.words.say("alert_detected", severity=alert["severity"], by=alert["answer_by"])
    day.transcript.add_note(said)
    day.await_states([script.CONSULT], "ready")
    day.api.post(f"/screenings/{screening}/end")
    day.observer.observe()
    return alert_id


def await_treatment(day: "DemoDay", alert_id: str) -> None:
    """Wait until the alert is closed by the need that it has opened, which was confirmed as served."""
    day.observer.wait_until("awaited_treatment", lambda: day.api.get(f"/alerts/{alert_id}")["state"] == "treated")
    treatment = day.api.get(f"/alerts/{alert_id}")["treatment"]
    day.transcript.add_note(day.words.say("alert_treated", treatment=treatment))


def _examine(day: "DemoDay", screening: str, station: str, elder: scene.Elder) -> tuple[str, str]:
    """Register the resident with the consent, and record the values; return alert and need, empty without one."""
    resident = day.api.post("/residents", elder.body(station, script.CONSULT.station))["id"]
    consent: Body = {
        "person": {"kind": "resident", "id": resident}, "scopes": ["health"], "purpose": "health_screening",
        "expires_at": (day.story.now + CONSENTED).isoformat(),
    }  # fmt: skip
    day.api.post("/consents", consent)
    results = day.api.post(f"/screenings/{screening}/results", elder.results(resident))["items"]
    opened = next((one for one in results if one["need_id"]), {"alert_id": "", "need_id": ""})
    return str(opened["alert_id"]), str(opened["need_id"])
