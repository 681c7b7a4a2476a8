"""A random town: the actions of stations, donors and volunteers over one day or several, drawn from the seed alone.

An action is a few numbers. Their meaning is found when it happens: "the 7th of the open offers that there are now". So
an action can be left out of a failing schedule without changing the others.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any, Final

from shared.contracts.charity.donations import Donate
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.charity.funds import OpenFund
from shared.contracts.messages import Command
from shared.contracts.stations.areas import ImportAreas
from shared.contracts.stations.needs import CancelNeed, ConfirmNeed, EvaluateNeed, PublishNeed, RegisterNeed
from shared.contracts.stations.network import OpenStation
from shared.contracts.volunteering.dispatch import AcceptOffer, CheckIn, CheckOut, DeclineOffer, StateHours
from shared.contracts.volunteering.people import RegisterVolunteer
from tests.city import stating
from tests.city.clerks import INFORMED, Clerks
from tests.city.drawn_apart import HOUR_MS, MINUTE_MS, draw_apart
from tests.city.histories import DAY_MS, draw_days
from tests.city.lines import ITEMS, SERVICES, draw_line
from tests.city.places import AREAS, place
from tests.city.services import PERSONAL
from tests.city.sharing import draw_sharing
from tests.city.world import START, World, instant

SKILLS: Final = ("cooking", "driving")


@dataclass(frozen=True, slots=True)
class Action:
    """One action of somebody: its number, its instant in milliseconds since START, its kind and its random draws."""

    number: int
    at: int
    kind: str
    draw: int


@dataclass(frozen=True, slots=True)
class Size:
    """The bounds of a town."""

    needs: int = 6
    people: int = 8
    headcount: int = 4
    silent: bool = False
    """Whether nobody ever answers an offer."""
    hurry: int = 1
    """How many times closer together the actions of a phase are than on a quiet day."""
    days: int = 0
    """Days over which the actions are spread, few a day; 0: one busy day."""
    office: int = 1
    """How many times as much is done about people's data: consents, erasures, merges."""


# (hour at which the phase begins, its length in minutes, the kinds of action with their weights)
_PHASES: Final[tuple[tuple[float, int, dict[str, int]], ...]] = (
    (0.1, 50, {"need": 6, "donate": 3, "money": 2, "accept": 6, "decline": 1, "volunteer": 1, "cancel": 2}),
    (1.2, 60, {"need": 2, "donate": 2, "accept": 5, "decline": 1, "check_in": 4, "cancel": 1, "publish": 1}),
    (2.5, 90, {"accept": 2, "decline": 1, "check_in": 6, "check_out": 2, "donate": 1, "need": 1, "cancel": 1}),
    (4.5, 120, {"check_in": 2, "check_out": 6, "confirm": 3, "evaluate": 1, "money": 1, "accept": 1}),
    (7.0, 60, {"check_out": 4, "confirm": 5, "evaluate": 2, "cancel": 1}),
)  # fmt: skip
_ACTS: Final = 34
"""Actions a town of six needs, besides those that found it."""


def build_town(seed: int, size: Size) -> list[Action]:
    """Return the town's actions in the order of their instants."""
    chance = Random(seed)
    drawn: list[tuple[int, str]] = [(0, "areas")]
    # The areas have two minutes to arrive, through any fault: stations in unknown areas are refused.
    drawn += [(120_000 + n, "station") for n in range(len(AREAS))]
    drawn += [(120_100 + n, "fund") for n in range(chance.randint(0, 2))]
    drawn += [(120_150 + n * 7, "volunteer") for n in range(chance.randint(size.people // 2, size.people))]
    drawn += [(240_000 + n * 11, "donate") for n in range(chance.randint(0, 4))]
    needs = size.needs
    for at, kind in draw_days(chance, size.days) if size.days else _draw_day(chance, size):
        if kind == "need" and (needs := needs - 1) < 0:
            continue
        drawn.append((at, kind))
    drawn.sort()
    actions = [Action(number, at, kind, chance.getrandbits(32)) for number, (at, kind) in enumerate(drawn)]
    apart = draw_apart(seed, max(1, size.days), size.office)
    # Drawn apart, too: in half of the towns stations decide once or twice how they share their stock.
    shares = [(220_000 + nth * HOUR_MS, "share", seed * 7 + nth) for nth in range(seed % 4 % 3)]
    late = (Action(len(actions) + nth, *drawn) for nth, drawn in enumerate([*apart, *shares]))
    return sorted([*actions, *late], key=lambda action: (action.at, action.number))


def _draw_day(chance: Random, size: Size) -> Iterator[tuple[int, str]]:
    for hour, minutes, weights in _PHASES:
        acts = round(_ACTS * size.needs / 6 * sum(weights.values()) / 75)
        for kind in chance.choices(list(weights), list(weights.values()), k=acts):
            yield round(hour * HOUR_MS) + chance.randrange(minutes * MINUTE_MS // size.hurry), kind


@dataclass
class Player(Clerks):
    """Plays actions in a world: turns each into a command, as the people of the town would send it."""

    world: World
    size: Size
    stations: list[tuple[str, str]] = field(default_factory=list)
    """Ids with their areas."""
    funds: list[str] = field(default_factory=list)
    donors: list[str] = field(default_factory=list)
    needs: int = 0

    def play(self, actions: Sequence[Action]) -> None:
        """Plan the actions for their instants."""
        for action in actions:
            self.world.after(max(0, action.at - self.world.now), self._act, action)

    def _act(self, action: Action) -> None:
        made: Command | None = getattr(self, f"_{action.kind}")(Random(action.draw))
        if made is not None:
            key = f"a{action.number}"
            if action.kind == "fail":
                self.world.people.doomed.add(key)
            self.world.people.ask(key, made, self._listener(action.kind), stating.actor_of(made))

    def _listener(self, kind: str) -> Callable[[Any], None] | None:
        heard = {"station": self._opened, "fund": self._founded, "need": self._counted}
        return heard.get(kind)

    def _opened(self, answer: Any) -> None:
        if "ok" in answer:
            self.stations.append((answer["ok"]["id"], answer["ok"]["area"]))

    def _founded(self, answer: Any) -> None:
        if "ok" in answer:
            self.funds.append(answer["ok"]["id"])

    def _counted(self, answer: Any) -> None:
        self.needs += "ok" in answer

    # ---- founding ------------------------------------------------------------------------------------------

    def _areas(self, _: Random) -> Command:
        return ImportAreas.model_validate({"rows": [{"code": code, "name": f"Area {code[-3:]}"} for code in AREAS]})

    def _station(self, chance: Random) -> Command:
        taken = {letter.command.area for letter in self._asked(OpenStation)}
        free = [area for area in AREAS if area not in taken] or list(AREAS)
        return OpenStation(area=chance.choice(free[:1]), name="Elm Hall", level="station")

    def _asked(self, kind: type[Any]) -> list[Any]:
        return [letter for letter in self.world.people.letters.values() if isinstance(letter.command, kind)]

    def _fund(self, chance: Random) -> Command:
        return OpenFund(area=chance.choice((AREAS[0], AREAS[0][:9], AREAS[0][:4])), name="Neighbours")

    def _volunteer(self, chance: Random) -> Command:
        asked: dict[str, Any] = {
            "name": f"{PERSONAL} {chance.randrange(1000)}",
            "phone": "13800000000",
            "email": f"{PERSONAL}@example.org",
            "area": chance.choice(AREAS),
            "location": place(chance),
            "skills": SKILLS if self.size.days else chance.choice(((), (), SKILLS[:1], SKILLS)),
            "standing_acceptance": not self.size.silent and chance.random() < (0.8 if self.size.days else 0.3),
        }
        if chance.random() < 0.3:
            asked["consent"] = {**self._terms(chance), **INFORMED}
        return RegisterVolunteer.model_validate(asked)

    # ---- giving --------------------------------------------------------------------------------------------

    def _donate(self, chance: Random) -> Command | None:
        if not self.stations:
            return None
        station, area = chance.choice(self.stations)
        given: dict[str, Any] = {"station_id": station, "station_area": area}
        if chance.random() < 0.25:
            given["services"] = [{"item": chance.choice(SERVICES), "quantity": chance.randint(1, 6)}]
        else:
            item, unit = chance.choice(ITEMS)
            given["goods"] = [{"item": item, "unit": unit, "quantity": chance.randint(1, 12)}]
        if chance.random() < 0.3:
            given["donor"] = {"name": f"{PERSONAL} donor", "phone": "13900000000"}
        return Donate.model_validate(given)

    def _share(self, chance: Random) -> Command | None:
        return draw_sharing(chance, *chance.choice(self.stations)) if self.stations else None

    def _money(self, chance: Random) -> Command | None:
        if not self.funds:
            return RegisterDonor(name=f"{PERSONAL} giver")
        return Donate(fund_id=chance.choice(self.funds), amount_fen=chance.randint(100, 50_000))

    # ---- needs ---------------------------------------------------------------------------------------------

    def _need(self, chance: Random) -> Command | None:
        if not self.stations:
            return None
        station, _ = chance.choice(self.stations)
        begins = self.world.now + chance.randint(20, 150) * MINUTE_MS
        if self.size.days:  # most are for the next day
            begins += chance.choice((0, DAY_MS, DAY_MS + HOUR_MS))
        ends = begins + chance.randint(30, 150) * MINUTE_MS
        asked: dict[str, Any] = {
            "station_id": station,
            "title": f"{PERSONAL} title",
            "theme": "elderly_care",
            "urgency": chance.choice(("low", "normal", "high", "urgent")),
            "due": START + timedelta(milliseconds=ends + chance.randint(0, 120) * MINUTE_MS),
            "location": place(chance),
            "beneficiaries": {"count": chance.randint(1, 9)},
            "publish": chance.random() < 0.85,
        }
        shape = chance.choice((0, 1, 1, 1, 2)) if self.size.days else chance.randrange(4)
        if shape != 0:
            headcount = self.size.headcount if self.size.headcount > 8 else chance.randint(1, self.size.headcount)
            asked["volunteers"] = {
                "headcount": headcount,
                "skills": chance.choice(((), (), SKILLS[:1])) if headcount <= 8 else (),
                "starts_at": START + timedelta(milliseconds=begins),
                "ends_at": START + timedelta(milliseconds=ends),
            }
        if shape != 1:
            asked["lines"] = [draw_line(chance) for _ in range(chance.randint(1, 3))]
        return RegisterNeed.model_validate(asked)

    def _publish(self, chance: Random) -> Command | None:
        return self._of_need(chance, ("draft",), PublishNeed)

    def _cancel(self, chance: Random) -> Command | None:
        return self._of_need(chance, ("draft", "published", "ready", "in_service"), CancelNeed, reason=PERSONAL)

    def _confirm(self, chance: Random) -> Command | None:
        return self._of_need(chance, ("served", "ready"), ConfirmNeed, note=PERSONAL)

    def _part(self, chance: Random) -> Command | None:
        return stating.draw_statement(chance, self._pick_need(chance, stating.STATABLE))

    def _extend(self, chance: Random) -> Command | None:
        need = self._pick_need(chance, (*stating.EXTENDABLE, *stating.REOPENABLE))
        return stating.draw_more_time(chance, need, instant(self.world.now))

    def _undo(self, chance: Random) -> Command | None:
        return stating.take_back(self._pick_need(chance, stating.STATED))

    def _evaluate(self, chance: Random) -> Command | None:
        return self._of_need(chance, ("confirmed", "partly_served"), EvaluateNeed, rating=chance.randint(1, 5))

    def _of_need(self, chance: Random, states: tuple[str, ...], kind: Any, **more: Any) -> Command | None:
        need = self._pick_need(chance, states)
        return None if need is None else kind(need_id=need["_id"], **more)

    def _pick_need(self, chance: Random, states: tuple[str, ...]) -> dict[str, Any] | None:
        # As people see needs: in the gateway's views, which may be a little behind.
        views = self.world.rows("gateway", "needs").values()
        found = sorted((view for view in views if view.get("state") in states), key=lambda view: view["_id"])
        return chance.choice(found) if found else None

    # ---- volunteers ----------------------------------------------------------------------------------------

    def _accept(self, chance: Random) -> Command | None:
        return None if self.size.silent else self._of_dispatch(chance, ("offered",), AcceptOffer)

    def _decline(self, chance: Random) -> Command | None:
        return None if self.size.silent else self._of_dispatch(chance, ("offered", "accepted"), DeclineOffer)

    def _check_in(self, chance: Random) -> Command | None:
        return self._of_dispatch(chance, ("accepted",), CheckIn, at_hand=self.size.days > 0)

    def _check_out(self, chance: Random) -> Command | None:
        leaves = chance.random() < 0.8
        return (self._of_dispatch(chance, ("checked_in",), CheckOut) if leaves else None) or self._state_hours(chance)

    def _state_hours(self, chance: Random) -> Command | None:
        """State when somebody left who did not check out, or one whose time is not credited yet."""
        left = instant(self.world.now - chance.randint(-5, 180) * MINUTE_MS)
        came = left - timedelta(minutes=chance.randint(-5, 240)) if chance.random() < 0.5 else None
        stated = {"left_at": left, "came_at": came, "reason_code": "forgot_check_out"}
        return self._of_dispatch(chance, ("checked_in", "checked_out", "credited"), partial(StateHours, **stated))

    def _adjust(self, chance: Random) -> Command | None:
        return self._of_dispatch(chance, ("credited",), stating.draw_adjustment(chance))

    def _of_dispatch(
        self, chance: Random, states: tuple[str, ...], kind: Any, *, at_hand: bool = False
    ) -> Command | None:
        views = self.world.rows("gateway", "dispatches").values()
        wanted = (view for view in views if view["state"] in states and (not at_hand or self._begins(view["need_id"])))
        found = sorted(view["_id"] for view in wanted)
        return kind(dispatch_id=chance.choice(found)) if found else None

    def _begins(self, need_id: str) -> bool:
        """Return whether the slot of the need is now, or within the hour."""
        slot, now = self.world.rows("volunteering", "staffings")[need_id], self.world.now
        return bool(slot["starts_at"] <= instant(now + HOUR_MS) and instant(now) < slot["ends_at"])
