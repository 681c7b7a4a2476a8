"""The city of a scenario, played through the real handlers on the in-memory engine, without an adversary."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from zlib import crc32

from services.volunteering.dispatch.domain.dispatch_states import HELD
from services.volunteering.dispatch.domain.staffing import need_of
from shared.contracts.charity.donations import Donate
from shared.contracts.charity.stock import ShareStock
from shared.contracts.messages import Command
from shared.contracts.stations.areas import ImportAreas
from shared.contracts.stations.needs import ConfirmNeed, RegisterNeed
from shared.contracts.stations.network import OpenStation
from shared.contracts.volunteering.dispatch import AcceptOffer, CheckIn, CheckOut, DeclineOffer
from shared.contracts.volunteering.people import RegisterVolunteer
from tests.city.adversary import CALM, Adversary
from tests.city.drawn_apart import HOUR_MS, MINUTE_MS
from tests.city.histories import DAY_MS
from tests.city.shares import find_left_beside
from tests.city.store import Change, Document
from tests.city.world import World, instant, millis
from tests.fairness.scenario import NINE, Asked, Need, Person, Scenario

SIX: Final = 6
"""The hour of the city's day at which the city is looked at."""
MOST_STEPS: Final = 20_000_000
ANSWERED_MS: Final = (10 * MINUTE_MS, 2 * HOUR_MS)
"""The least and the most time in which somebody answers an offer."""
KEPT_ROWS: Final = 50
"""Rows of the feed that are kept overnight."""


class SeasonWorld(World):
    """A world that plays a season: more steps than a city of one day."""

    most_steps = MOST_STEPS


class City:
    """One scenario as it is played: the ids of its needs and people, and the instants that the measure needs."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.world = SeasonWorld(scenario.seed, Adversary(scenario.seed, CALM))
        self.stations: dict[str, str] = {}
        """The id of each area's station."""
        self.needs: dict[str, Need] = {}
        self.people: dict[str, Person] = {}
        self.asks: dict[tuple[str, int], int] = {}
        """The offers that each person got, by the number of the day of START that begins the week."""
        self.covered: dict[tuple[str, str], int] = {}
        """The instant from which each part of a need, `links` or `staffings`, had all it asked for."""
        self.missed: list[str] = []
        """The needs that waited at a rest beside stock that they could use."""
        self._seen: dict[str, str] = {}
        """The state of each dispatch as it was seen last."""
        self._sent = 0
        for name in ("charity", "volunteering"):
            self.world.services[name].memory.listeners.append(self._note)

    def play(self) -> None:
        """Play the scenario to its end, and look at 06:00 of each day, at rest, for stock that is left."""
        self._found()
        scenario = self.scenario
        for person in scenario.people:
            self._at(person.at, self._register, person)
        for gift in scenario.gifts:
            self._at(gift.at, self._give, gift.area, gift.item, gift.quantity)
        for need in scenario.needs:
            self._at(need.at, self._ask, need)
        last = max((need.due for need in scenario.needs), default=0) // DAY_MS + 2
        for day in range(1, last + 1):
            self.world.run(day * DAY_MS + (SIX - NINE) * HOUR_MS)
            self.world.rest()
            self.missed += find_left_beside(self.world)
            self._forget()

    # ---- acts of people ------------------------------------------------------------------------------------

    def _at(self, at: int, act: Callable[..., None], *given: Any) -> None:
        self.world.after(max(0, at - self.world.now), act, *given)

    def _send(self, command: Command, heard: Callable[[str], None] | None = None) -> None:
        self._sent += 1

        def hear(answer: Any) -> None:
            if heard is not None:
                assert "ok" in answer, f"{command} is refused: {answer}"
                heard(answer["ok"]["id"])

        self.world.people.ask(f"c{self._sent}", command, hear)

    def _found(self) -> None:
        rows = [{"code": area, "name": f"Area {area}"} for area in self.scenario.areas]
        self._send(ImportAreas.model_validate({"rows": rows}))
        self.world.rest()
        for area in self.scenario.areas:
            opened = OpenStation(area=area, name="Elm Hall", level="station")
            self._send(opened, lambda station, area=area: self.stations.update({area: station}))  # type: ignore[misc]
        self.world.rest()
        for shared in self.scenario.shares:
            station = self.stations[shared.area]
            self._send(
                ShareStock(
                    station_id=station,
                    station_area=shared.area,
                    item=shared.item,
                    sharing=shared.sharing,
                    reserve=shared.reserve,
                )
            )
        self.world.rest()

    def _register(self, person: Person) -> None:
        opens, closes = person.hours
        asked = {
            "name": "Li Invented",
            # One name and one telephone would be one person, whose second registration an officer checks first.
            "phone": f"138{self.scenario.people.index(person):08}",
            "area": person.area,
            "location": _point(person.home),
            "skills": person.skills,
            "availability": [{"days": person.days, "start": f"{opens:02}:00", "end": f"{closes:02}:00"}],
            "standing_acceptance": person.standing,
        }
        self._send(RegisterVolunteer.model_validate(asked), lambda made: self.people.update({made: person}))

    def _give(self, area: str, item: str, quantity: int) -> None:
        goods = [{"item": item, "unit": "piece", "quantity": quantity}]
        asked = {"station_id": self.stations[area], "station_area": area, "goods": goods}
        self._send(Donate.model_validate(asked))

    def _ask(self, need: Need) -> None:
        asked: dict[str, Any] = {
            "station_id": self.stations[need.area],
            "title": "Help for an afternoon",
            "theme": "elderly_care",
            "urgency": need.urgency,
            "severity": need.severity,
            "due": instant(need.due),
            "location": _point(need.place),
            "beneficiaries": {"count": 1, "groups": need.groups},
            "lines": [_line(line) for line in need.lines],
            "publish": True,
        }
        if need.headcount:
            begins, ends = map(instant, need.slot)
            people = {"headcount": need.headcount, "starts_at": begins, "ends_at": ends, "skills": need.skills}
            asked["volunteers"] = people
        self._send(RegisterNeed.model_validate(asked), lambda made: self._registered(made, need))

    def _registered(self, need_id: str, need: Need) -> None:
        self.needs[need_id] = need
        # The station hands out the committed supply, shortly before the need is due.
        self._at(need.due - 20 * MINUTE_MS, self._confirm, need_id)

    def _confirm(self, need_id: str) -> None:
        link = self.world.rows("charity", "links").get(need_id, {"lines": ()})
        stated = [{"line_id": line["line_id"], "amount": line.get("committed", 0)} for line in link["lines"]]
        if self.needs[need_id].headcount and self.world.rows("stations", "needs")[need_id]["state"] != "served":
            # Nobody came of the people it asked for: as the optimum does, the station leaves the goods to others, and
            # its confirmation without them is refused.
            stated = []
        self._send(ConfirmNeed.model_validate({"need_id": need_id, "delivered": stated}))

    # ---- acts of volunteers --------------------------------------------------------------------------------

    def _note(self, changes: list[Change]) -> None:
        for change in changes:
            if change.after is None:
                continue
            if change.collection in ("links", "staffings"):
                self._note_covered(change)
            if change.collection == "staffings":
                for dispatch in change.after["dispatches"]:
                    if self._seen.get(dispatch["id"]) != dispatch["state"]:
                        self._seen[dispatch["id"]] = dispatch["state"]
                        self._changed(change.after, dispatch)

    def _note_covered(self, change: Change) -> None:
        key, after = (str(change.id), change.collection), change.after or {}
        if is_covered(after):
            self.covered.setdefault(key, self.world.now)
        elif after.get("state") != "released" and not after.get("ended"):
            self.covered.pop(key, None)

    def _changed(self, staffing: Any, dispatch: Any) -> None:
        if dispatch["state"] == "accepted":
            starts, ends = millis(staffing["starts_at"]), millis(staffing["ends_at"])
            self._at(starts + 2 * MINUTE_MS, self._send, CheckIn(dispatch_id=dispatch["id"]))
            self._at(ends - MINUTE_MS, self._send, CheckOut(dispatch_id=dispatch["id"]))
        elif dispatch["state"] == "offered":
            self._count(staffing, dispatch)
            self._answer(dispatch)

    def _count(self, staffing: Any, dispatch: Any) -> None:
        mine = [one["state"] for one in staffing["dispatches"] if one["volunteer_id"] == dispatch["volunteer_id"]]
        if "cancelled" not in mine:
            week = (self.world.now + NINE * HOUR_MS) // (7 * DAY_MS)
            key = dispatch["volunteer_id"], week
            self.asks[key] = self.asks.get(key, 0) + 1

    def _answer(self, dispatch: Any) -> None:
        person = self.people[dispatch["volunteer_id"]]
        need = self.needs.get(need_of(dispatch["id"]) or "")
        if need is None:  # its registration is not answered yet
            self._at(self.world.now + 1000, self._answer, dispatch)
            return
        least, most = ANSWERED_MS
        after = least + crc32(dispatch["id"].encode()) % (most - least)
        answer = self.scenario.answer_of(person.key, need.key)
        if answer != "silent":
            kind = AcceptOffer if answer == "yes" else DeclineOffer
            self._at(self.world.now + after, self._send, kind(dispatch_id=dispatch["id"]))

    # ---- housekeeping --------------------------------------------------------------------------------------

    def _forget(self) -> None:
        """Forget the documents that no decision reads again, as the real services' own time limits do."""
        world = self.world
        for name in world.services:
            memory = world.services[name].memory
            old = [key for key, row in memory.collection("inbox").by_id.items() if _is_old(row, world.time())]
            for key in old:
                memory.collection("inbox").put(key, None)
            world.services[name].committed.clear()
            world.services[name].handled.clear()
        feed = world.services["gateway"].memory.collection("feed")
        for key in list(feed.by_id)[:-KEPT_ROWS]:
            feed.put(key, None)
        broker = world.broker
        broker.published.clear()
        broker.log.clear()
        broker.bodies.clear()
        world.people.letters = {key: one for key, one in world.people.letters.items() if one.answer is None}


def is_covered(part: Document) -> bool:
    """Return whether a link or a staffing, as stored, has all that its need asked for."""
    if "lines" in part:
        return all(line.get("committed", 0) >= line["requested"] for line in part["lines"])
    held = sum(one["state"] in HELD for one in part["dispatches"])
    return held >= int(part["headcount"])


def _is_old(row: Document, now: datetime) -> bool:
    return any(isinstance(value, datetime) and value < now - timedelta(days=1) for value in row.values())


def _line(line: Asked) -> dict[str, Any]:
    asked: dict[str, Any] = {"kind": "goods", "item": line.item, "unit": "piece", "quantity": line.quantity}
    return {**asked, "min_useful": line.min_useful} if line.divisible else {**asked, "divisible": False}


def _point(place: tuple[float, float]) -> dict[str, float]:
    return {"lon": place[0], "lat": place[1]}
