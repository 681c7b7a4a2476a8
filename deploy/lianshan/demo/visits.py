"""A care plan's week: the visits to a home are made and staffed ahead, and the first of them is served."""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from deploy.lianshan.clock.calendar import CITY_ZONE
from deploy.lianshan.demo.api import Answer
from deploy.lianshan.demo.scene import Body, place

if TYPE_CHECKING:
    from deploy.lianshan.demo.steps import DemoDay

STATION: Final = "009"
DAYS: Final = 7
AT: Final = time(14)
MINUTES: Final = 60
VISITORS: Final[Body] = {"headcount": 1, "skills": ["escort"]}


def span_until(day: "DemoDay", at: time) -> timedelta:
    """Return the time from now to that hour of the city's day."""
    here = day.story.now.astimezone(CITY_ZONE)
    return datetime.combine(here.date(), at, CITY_ZONE) - here


def visit_for_a_week(day: "DemoDay") -> None:
    """Have a plan visit a home each day of the week; serve and confirm the visit of this day."""
    day.begin_part("care_plan")
    home = _add_home(day)
    day.observer.wait_until("awaited_visits", lambda: _are_ready(day, home))
    day.transcript.add_note(day.words.say("visits_made", count=DAYS, at=f"{AT:%H:%M}"))
    first = min(_visits(day, home), key=lambda one: str(one["starts_at"]))
    (dispatch,) = day.api.get("/dispatches", need_id=str(first["need_id"]), state="accepted")["items"]
    day.note_time("first_visit", day.story.forward(span_until(day, AT)))
    day.api.post(f"/dispatches/{dispatch['id']}/check-in")
    day.story.forward(timedelta(minutes=MINUTES))
    day.api.post(f"/dispatches/{dispatch['id']}/check-out")
    day.observer.wait_until("awaited_visits", lambda: _state(day, first) == "served")
    day.api.post(f"/needs/{first['need_id']}/confirm", {"note": day.words.say("seen")})
    day.observer.wait_until("awaited_visits", lambda: _state(day, first) == "confirmed")


def _add_home(day: "DemoDay") -> str:
    """Register the plan, from this day on, and add the home of a draft; return the home's id."""
    now, station = day.story.now, day.stations[STATION]
    today = now.astimezone(CITY_ZONE).date()
    draft: Body = {
        "station_id": station, "title": day.words.say("visit_title"), "theme": "elderly_care", "urgency": "normal",
        "severity": 3, "due": (now + timedelta(days=1)).isoformat(), "location": place(STATION),
        "beneficiaries": {"count": 1, "groups": ["living_alone"]}, "publish": False,
        "volunteers": {
            **VISITORS, "starts_at": (now + span_until(day, AT)).isoformat(),
            "ends_at": (now + span_until(day, AT) + timedelta(minutes=MINUTES)).isoformat(),
        },
    }  # fmt: skip
    plan: Body = {
        "station_id": station, "theme": "elderly_care", "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=DAYS - 1)).isoformat(), "recurrence": "FREQ=DAILY",
        "visit_time": f"{AT:%H:%M}", "minutes": MINUTES, "visitors": VISITORS,
    }  # fmt: skip
    need, made = day.api.post("/needs", draft)["id"], day.api.post("/plans", plan)["id"]
    return str(day.api.post("/homes", {"plan_id": made, "need_id": need})["id"])


def _visits(day: "DemoDay", home: str) -> list[Answer]:
    return list(day.api.get("/occurrences", home_id=home, state="made")["items"])


def _are_ready(day: "DemoDay", home: str) -> bool:
    """Return whether every visit of the week is made, and somebody comes to each."""
    made = _visits(day, home)
    return len(made) == DAYS and all(_state(day, one) == "ready" for one in made)


def _state(day: "DemoDay", visit: Answer) -> str:
    return str(day.api.get(f"/needs/{visit['need_id']}", text="false")["state"])
