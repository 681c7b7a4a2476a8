"""The steps of the day, in their order. Each is done over the HTTP API; its effects are received as events."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final

from deploy.lianshan.clock.story import Story
from deploy.lianshan.demo import scene, script
from deploy.lianshan.demo.api import Api, RefusedError
from deploy.lianshan.demo.observations import Day, ObservedNeed
from deploy.lianshan.demo.observer import Observer
from deploy.lianshan.demo.scene import Body
from deploy.lianshan.demo.screening import await_treatment, screen_elders
from deploy.lianshan.demo.script import ScriptedNeed
from deploy.lianshan.demo.transcript import Transcript
from deploy.lianshan.demo.visits import span_until, visit_for_a_week
from shared.contracts.volunteering.dispatch import DispatchView
from shared.runtime.clock import Clock

AT_ONCE: Final = 4
"""Calls at once where many people do the same thing."""
TOO_LATE: Final = frozenset({404, 409, 412})
"""Answers to an offer that another volunteer has accepted meanwhile."""


class DemoDay:
    """One day, by city time.

    `perform` raises StuckError, RefusedError, ClockNotMovedError, httpx.HTTPError where it does not go on.
    """

    def __init__(self, api: Api, observer: Observer, day: Day, transcript: Transcript, story: Story) -> None:
        self.api = api
        self.story = story
        self.observer = observer
        self.day = day
        self.transcript = transcript
        self.words = transcript.words
        self.stations: dict[str, str] = {}
        """The stations' ids, by their keys in the scene."""
        self._answered: set[str] = set()
        self._to_decline = 1

    def perform(self) -> None:
        """Go from the opening of the stations to the evaluation of the last service."""
        self.begin_day()
        self.open_stations()
        self.stock_stations()
        self.register_volunteers()
        alert_id = screen_elders(self)
        self.publish_first()
        self.publish_rest()
        self.receive_donation()
        self.cancel_quilts()
        self.serve()
        self.confirm_and_rate()
        await_treatment(self, alert_id)
        self.await_unmet()
        self.reopen_unmet()
        self.adjust_hours()
        visit_for_a_week(self)
        self.ask_in_the_morning()

    # ---- morning ----------------------------------------------------------------------------------------

    def begin_day(self) -> None:
        """Move city time to a Monday, 09:00, so that the day is the same at any hour."""
        self.note_time("city_time", self.story.to_next_monday())

    def open_stations(self) -> None:
        """Open one street centre and eleven community stations."""
        self.begin_part("network")
        for key, name in scene.STATIONS.items():
            level = "centre" if key == scene.CENTRE else "station"
            opened = self.api.post("/stations", {"area": scene.area_of(key), "name": name, "level": level})
            self.stations[key] = opened["id"]
            self.observer.observe()

    def stock_stations(self) -> None:
        """Open the funds with their money and give the stations goods and pledged services."""
        self.begin_part("resources")
        for fund in scene.FUNDS:
            opened = self.api.post("/funds", {"area": fund.area, "name": fund.name})
            self.api.post("/donations", {"fund_id": opened["id"], "amount_fen": fund.amount_fen})
            self.observer.observe()
        for gift in scene.GIFTS:
            self.give(gift)

    def register_volunteers(self) -> None:
        """Register eighty people with their skills."""
        self.begin_part("volunteers")
        people = list(scene.volunteers())
        known_before = self.day.count
        self._post_at_once("/volunteers", (person.body() for person in people))
        self.observer.wait_until("awaited_registration", lambda: self.day.count >= known_before + len(people))
        standing = sum(person.standing for person in people)
        skills = self.words.join(f"{self.words.label(skill)} {count}" for skill, count, _ in scene.SKILLS)
        self.transcript.add_note(self.words.say("registered", people=len(people), standing=standing))
        self.transcript.add_note(skills)

    # ---- needs ------------------------------------------------------------------------------------------

    def publish_first(self) -> None:
        """Publish needs one by one, the last of them when the nearer rings are used up."""
        self.begin_part("needs")
        self.observer.meanwhile = self.answer_offers
        for need in (*script.FIRST, *script.AFTER_HARDSHIP):
            if need is script.AFTER_HARDSHIP[0]:
                self._await_answers(script.FIRST)
            body = need.body(self.stations[need.station], self.story.now, self.words.language)
            self.day.register(need, self.api.post("/needs", body)["id"])
            self.observer.observe()
            self.answer_offers()
        self._await_answers(script.AFTER_HARDSHIP)

    def publish_rest(self) -> None:
        """Publish several needs in one call."""
        self.begin_part("more_needs")
        now = self.story.now
        bodies = [need.body(self.stations[need.station], now, self.words.language) for need in script.BULK]
        items = self.api.post("/needs:batch", {"needs": bodies})["items"]
        for need, item in zip(script.BULK, items, strict=True):
            if "need" not in item:
                raise RefusedError("POST", "/needs:batch", item["status"], item["error"])
            self.day.register(need, item["need"]["id"])
        self._await_answers(script.BULK)
        # These two wait for the steps that come next.
        held_up = {script.WARMTH.key, script.WHEELCHAIR.key}
        self.await_states([need for need in script.SERVED if need.key not in held_up], "ready")
        self.observer.wait_until("awaited_quilt_volunteers", lambda: self._is_staffed(script.QUILTS))

    def receive_donation(self) -> None:
        """Give the goods that a need waits for, elsewhere in the street; the donation alone serves the need."""
        self.begin_part("donation_arrives")
        self.give(scene.WHEELCHAIRS)
        self.await_states([script.WHEELCHAIR], "ready")

    def cancel_quilts(self) -> None:
        """Cancel a need; its released reservations serve the next need in the waiting list."""
        self.begin_part("need_cancelled")
        quilts = self.day.of(script.QUILTS)
        given: Body = {"reason": self.words.say("quilts_given"), "reason_code": "served_otherwise"}
        self.api.post(f"/needs/{quilts.need_id}/cancel", given)
        self.await_states([script.QUILTS], "cancelled")
        self.observer.wait_until("awaited_release", lambda: bool(quilts.link and quilts.link.state == "released"))
        self.await_states([script.WARMTH], "ready")

    # ---- service ----------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Check every volunteer in and out."""
        self.begin_part("service")
        with_people = [need for need in script.SERVED if need.volunteers]
        accepted = [part for need in with_people for part in self.day.of(need).in_state("accepted")]
        self._act_at_once(accepted, "check-in")
        self.await_states(with_people, "in_service", "served")
        self.note_time("time_passes", self.story.forward(script.SERVICE))
        self._act_at_once(accepted, "check-out")
        self.await_states(with_people, "served")

    def confirm_and_rate(self) -> None:
        """Confirm each service, wait until gifts are posted and hours credited, then rate it."""
        self.begin_part("accounting")
        for need in script.SERVED:
            self.api.post(f"/needs/{self.day.of(need).need_id}/confirm", {"note": self.words.say("seen")})
            self.observer.observe()
        confirmed = [self.day.of(need) for need in script.SERVED]
        self.observer.wait_until("awaited_credit", lambda: all(map(_is_accounted, confirmed)))
        for need in script.SERVED:
            self.api.post(f"/needs/{self.day.of(need).need_id}/evaluate", {"rating": 5})
            self.observer.observe()
        self.await_states(script.SERVED, "evaluated")

    def await_unmet(self) -> None:
        """Wait for the end of the need that nobody can meet: its due time comes."""
        self.begin_part("due_passes")
        self.story.forward(script.SOON - script.SERVICE)
        self.await_states([script.REOPENED], "unmet")

    def reopen_unmet(self) -> None:
        """Open the unmet need again; a gift brings a part of its goods, and that part is handed out."""
        self.begin_part("need_reopened")
        observed = self.day.of(script.REOPENED)
        due = (self.story.now + script.DUE).isoformat()
        self.api.post(f"/needs/{observed.need_id}/reopen", {"due": due, "reason_code": "help_found"})
        self.await_states([script.REOPENED], "published")
        self.give(scene.COOL_BOX)
        self.observer.wait_until("awaited_part", lambda: bool(observed.link and observed.link.state == "partial"))
        handed: Body = {"note": self.words.say("seen"), "delivered": [{"line_id": "l1", "amount": 1}]}
        self.api.post(f"/needs/{observed.need_id}/confirm", handed)
        self.await_states([script.REOPENED], "partly_served")
        self.observer.wait_until("awaited_delivery", lambda: bool(observed.link and observed.link.state == "delivered"))

    def adjust_hours(self) -> None:
        """Have a second person, who checked nobody in or out, adjust the minutes of a volunteer who left earlier."""
        self.begin_part("hours_adjusted")
        observed = self.day.of(script.ADJUSTED)
        dispatch = observed.in_state("credited")[0].dispatch_id
        minutes = observed.credits[dispatch] // 2
        key = self.api.post("/keys", {"name": "Second coordinator", "roles": ["station_worker"]})
        with self.api.as_another(key["key"]) as second:
            second.post(f"/dispatches/{dispatch}/adjust-hours", {"minutes": minutes, "reason_code": "left_earlier"})
        self.observer.wait_until("awaited_adjustment", lambda: observed.credits[dispatch] == minutes)

    def ask_in_the_morning(self) -> None:
        """Publish a need late in the evening: nobody is asked before the next morning, and the offers are answered."""
        self.begin_part("over_night")
        self.note_time("evening", self.story.forward(span_until(self, script.EVENING)))
        need = script.TEA
        body = need.body(self.stations[need.station], self.story.now, self.words.language)
        self.day.register(need, self.api.post("/needs", body)["id"])
        observed = self.day.of(need)
        self.observer.wait_until("awaited_answers", lambda: bool(observed.staffing and observed.staffing.waiting))
        self.note_time("morning", self.story.forward(script.OVER_NIGHT))
        self.await_states([need], "ready")

    # ---- volunteers answer ------------------------------------------------------------------------------

    def answer_offers(self) -> None:
        """Accept each new offer; of one need the first is declined."""
        for observed in list(self.day.needs.values()):
            for part in observed.in_state("offered"):
                if part.dispatch_id in self._answered:
                    continue
                self._answered.add(part.dispatch_id)
                declines = observed.scripted is script.DECLINED and self._to_decline > 0
                self._to_decline -= declines
                self._answer(part.dispatch_id, "decline" if declines else "accept")
                self.observer.observe()

    def _answer(self, dispatch_id: str, answer: str) -> None:
        try:
            self.api.post(f"/dispatches/{dispatch_id}/{answer}")
        except RefusedError as refusal:
            if refusal.status not in TOO_LATE:
                raise

    # ---- parts ------------------------------------------------------------------------------------------

    def note_time(self, code: str, clock: Clock) -> None:
        minutes = script.SERVICE // timedelta(minutes=1)
        at = clock.city().isoformat()
        self.transcript.add_note(self.words.say(code, weekday=at, at=at, minutes=minutes))

    def begin_part(self, part: str) -> None:
        self.transcript.add_heading(self.words.say(part))

    def give(self, gift: scene.Gift) -> None:
        self.api.post("/donations", gift.body(self.stations[gift.station]))
        self.observer.observe()

    def _post_at_once(self, path: str, bodies: Iterable[Body]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda body: self.api.post(path, body), bodies))

    def _act_at_once(self, parts: list[DispatchView], action: str) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda part: self.api.post(f"/dispatches/{part.dispatch_id}/{action}"), parts))

    def _await_answers(self, needs: Iterable[ScriptedNeed]) -> None:
        observed = [self.day.of(need) for need in needs]
        self.observer.wait_until("awaited_answers", lambda: all(one.linked and one.staffed for one in observed))

    def await_states(self, needs: Iterable[ScriptedNeed], *states: str) -> None:
        observed = [self.day.of(need) for need in needs]
        named = {
            "states": ",".join(states),
            "needs": self.words.join(one.scripted.short.of(self.words.language) for one in observed),
        }
        self.observer.wait_until("awaited_states", lambda: all(one.state in states for one in observed), named=named)

    def _is_staffed(self, need: ScriptedNeed) -> bool:
        staffing = self.day.of(need).staffing
        return staffing is not None and staffing.confirmed >= staffing.headcount


def _is_accounted(observed: ObservedNeed) -> bool:
    """Return whether everything given and served for a confirmed need stands in the ledgers."""
    delivered = observed.link is None or observed.link.state == "delivered"
    credited = observed.staffing is None or observed.staffing.state == "credited"
    minutes = {part.dispatch_id for part in observed.in_state("credited") if part.minutes}
    return observed.state == "confirmed" and delivered and credited and minutes <= observed.credits.keys()
