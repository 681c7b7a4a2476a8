"""The day itself, act by act. Everything is done over the HTTP API; what follows from it is heard as events."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final

from deploy.lianshan.demo import scene, script
from deploy.lianshan.demo.api import Api, RefusedError
from deploy.lianshan.demo.script import Role
from deploy.lianshan.demo.show import Stage
from deploy.lianshan.demo.story import Day, NeedStory
from deploy.lianshan.demo.watch import Watch
from shared.contracts.volunteering.dispatch import DispatchView

HANDS: Final = 4
"""Calls at once where many people do the same thing."""
TOO_LATE: Final = frozenset({404, 409, 412})
"""An offer that somebody else has taken meanwhile."""


class Play:
    """One day. `perform` raises StuckError, RefusedError, httpx.HTTPError where it does not go on."""

    def __init__(self, api: Api, watch: Watch, day: Day, stage: Stage) -> None:
        self.api = api
        self.watch = watch
        self.day = day
        self.stage = stage
        self.stations: dict[str, str] = {}
        self._answered: set[str] = set()
        self._to_decline = 1

    def perform(self) -> None:
        """From the opening of the stations to the evaluation of the last service."""
        self.open_the_network()
        self.fill_the_shelves()
        self.welcome_volunteers()
        self.publish_the_first()
        self.publish_the_rest()
        self.receive_a_donation()
        self.cancel_one()
        self.serve()
        self.confirm_and_rate()
        self.see_the_unmet()

    # ---- morning ----------------------------------------------------------------------------------------

    def open_the_network(self) -> None:
        """One street centre and eleven community stations."""
        self.stage.act("The network 社工站网络 · Zhanlan Road street, 23 communities, 1 centre + 11 stations")
        for key, name in scene.STATIONS.items():
            level = "centre" if key == scene.CENTRE else "station"
            opened = self.api.post("/stations", {"area": scene.area_of(key), "name": name, "level": level})
            self.stations[key] = opened["id"]
            self.watch.look()

    def fill_the_shelves(self) -> None:
        """Funds with money, stations with goods and pledged services."""
        self.stage.act("Resources 资源 · community funds and donations")
        for fund in scene.FUNDS:
            opened = self.api.post("/funds", {"area": fund.area, "name": fund.name})
            self.api.post("/donations", {"fund_id": opened["id"], "amount_fen": fund.amount_fen})
            self.watch.look()
        for gift in scene.GIFTS:
            self._give(gift)

    def welcome_volunteers(self) -> None:
        """Eighty people with their skills."""
        self.stage.act("Volunteers 志愿者 · invented people with invented phones")
        people = list(scene.volunteers())
        known_before = self.day.count
        self._at_once("/volunteers", (person.body() for person in people))
        self.watch.until("the volunteers' registration", lambda: self.day.count >= known_before + len(people))
        standing = sum(person.standing for person in people)
        skills = ", ".join(f"{count} {skill}" for skill, count, _ in scene.CALLINGS)
        self.stage.note(f"{len(people)} registered, {standing} of them with standing acceptance")
        self.stage.note(skills)

    # ---- needs ------------------------------------------------------------------------------------------

    def publish_the_first(self) -> None:
        """One by one; then what follows them, which finds the nearer rings used up."""
        self.stage.act("Needs 需求 · published one by one; each event alone links resources, dispatches volunteers")
        self.watch.meanwhile = self.answer_offers
        for role in (*script.FIRST, *script.AFTER_HARDSHIP):
            if role is script.AFTER_HARDSHIP[0]:
                self._all_answered(script.FIRST)
            body = role.body(self.stations[role.station], datetime.now(UTC))
            self.day.begin(role, self.api.post("/needs", body)["id"])
            self.watch.look()
            self.answer_offers()
        self._all_answered(script.AFTER_HARDSHIP)

    def publish_the_rest(self) -> None:
        """Several in one call."""
        self.stage.act("More needs 需求 · in one call to /v1/needs:batch")
        now = datetime.now(UTC)
        bodies = [role.body(self.stations[role.station], now) for role in script.BULK]
        items = self.api.post("/needs:batch", {"needs": bodies})["items"]
        for role, item in zip(script.BULK, items, strict=True):
            if "need" not in item:
                raise RefusedError("POST", "/needs:batch", item["status"], item["error"])
            self.day.begin(role, item["need"]["id"])
        self._all_answered(script.BULK)
        held_up = {script.WARMTH.key, script.WHEELCHAIR.key}
        nearby = [role for role in script.SERVED if role.key not in held_up]
        self._all_in(nearby, "ready")
        self.watch.until("the volunteers for the quilts", lambda: self._confirmed(script.QUILTS))

    def receive_a_donation(self) -> None:
        """What a need waits for arrives elsewhere in the street, and serves it."""
        self.stage.act("A donation arrives 捐赠 · and serves the need that waited for it")
        self._give(scene.WHEELCHAIRS)
        self._all_in([script.WHEELCHAIR], "ready")

    def cancel_one(self) -> None:
        """What was reserved comes back, and serves the next in line."""
        self.stage.act("A need is cancelled 取消 · its reservations come back and serve the next in line")
        quilts = self.day.of(script.QUILTS)
        self.api.post(f"/needs/{quilts.need_id}/cancel", {"reason": "The residents have been given quilts already."})
        self._all_in([script.QUILTS], "cancelled")
        self.watch.until("the release of the quilts", lambda: bool(quilts.link and quilts.link.state == "released"))
        self._all_in([script.WARMTH], "ready")

    # ---- service ----------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Everyone checks in and out."""
        self.stage.act("Service 服务 · volunteers check in 签到 and out 签退; the server's clock counts")
        with_people = [role for role in script.SERVED if role.volunteers]
        parts = [part for role in with_people for part in self.day.of(role).in_state("accepted")]
        self._at_once_for(parts, "check-in")
        self._all_in(with_people, "in_service", "served")
        self._at_once_for(parts, "check-out")
        self._all_in(with_people, "served")

    def confirm_and_rate(self) -> None:
        """The stations confirm, gifts are posted, hours are credited, services are rated."""
        self.stage.act("Confirmed and credited 确认 · ledger 账本 · time bank 时间银行")
        self.stage.note("a service of the demo lasts seconds; a begun minute counts as one")
        for role in script.SERVED:
            self.api.post(f"/needs/{self.day.of(role).need_id}/confirm", {"note": "Seen by the station."})
            self.watch.look()
        self.watch.until("the credit of hours", lambda: all(self._settled(self.day.of(r)) for r in script.SERVED))
        for role in script.SERVED:
            self.api.post(f"/needs/{self.day.of(role).need_id}/evaluate", {"rating": 5})
            self.watch.look()
        self._all_in(script.SERVED, "evaluated")

    def see_the_unmet(self) -> None:
        """The one whose time runs out."""
        self._all_in([script.COOLING], "unmet")

    # ---- people answer ----------------------------------------------------------------------------------

    def answer_offers(self) -> None:
        """Whoever is asked accepts; of one need the first who is asked declines."""
        for story in list(self.day.needs.values()):
            for part in story.in_state("offered"):
                if part.dispatch_id in self._answered:
                    continue
                self._answered.add(part.dispatch_id)
                declines = story.role is script.DECLINED and self._to_decline > 0
                self._to_decline -= declines
                self._answer(part.dispatch_id, "decline" if declines else "accept")
                self.watch.look()

    def _answer(self, dispatch_id: str, answer: str) -> None:
        try:
            self.api.post(f"/dispatches/{dispatch_id}/{answer}")
        except RefusedError as refusal:
            if refusal.status not in TOO_LATE:
                raise

    # ---- parts ------------------------------------------------------------------------------------------

    def _give(self, gift: scene.Gift) -> None:
        self.api.post("/donations", gift.body(self.stations[gift.station]))
        self.watch.look()

    def _at_once(self, path: str, bodies: Iterable[dict[str, Any]]) -> None:
        with ThreadPoolExecutor(HANDS) as hands:
            list(hands.map(lambda body: self.api.post(path, body), bodies))

    def _at_once_for(self, parts: list[DispatchView], action: str) -> None:
        with ThreadPoolExecutor(HANDS) as hands:
            list(hands.map(lambda part: self.api.post(f"/dispatches/{part.dispatch_id}/{action}"), parts))

    def _all_answered(self, roles: Iterable[Role]) -> None:
        stories = [self.day.of(role) for role in roles]
        self.watch.until(
            "an answer of charity and volunteering", lambda: all(story.linked and story.staffed for story in stories)
        )

    def _all_in(self, roles: Iterable[Role], *states: str) -> None:
        stories = [self.day.of(role) for role in roles]

        def missing() -> list[NeedStory]:
            return [story for story in stories if story.state not in states]

        names = ", ".join(story.role.key for story in stories)
        self.watch.until(f"{' or '.join(states)} ({names})", lambda: not missing())

    def _confirmed(self, role: Role) -> bool:
        staffing = self.day.of(role).staffing
        return staffing is not None and staffing.confirmed >= staffing.headcount

    def _settled(self, story: NeedStory) -> bool:
        delivered = story.link is None or story.link.state == "delivered"
        credited = story.staffing is None or story.staffing.state == "credited"
        minutes = {part.dispatch_id for part in story.in_state("credited") if part.minutes}
        return story.state == "confirmed" and delivered and credited and minutes <= story.credits.keys()
