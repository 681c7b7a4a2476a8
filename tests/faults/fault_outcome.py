"""How a day ended: as the stores have it, and as a sequential replay of the same day says that it must."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from fault_city import City
from fault_day import PLENTY, VOLUNTEERS, Day

from services.charity.declaration import DECLARATION as CHARITY
from services.stations.declaration import DECLARATION as STATIONS
from services.stations.needs.domain.need import Need
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.matching.policy import MatchingPolicy
from shared.catalogue import NoOwner
from shared.contracts.charity.donations import Donate, GivenGoods
from shared.contracts.charity.funds import OpenFund
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.needs import CancelNeed, ConfirmNeed, EvaluateNeed, RegisterNeed
from shared.contracts.stations.network import OpenStation
from shared.contracts.subscriptions import SUBSCRIPTIONS, binding_covers
from shared.contracts.volunteering.dispatch import CheckIn, CheckOut
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.engine.decide.memory import MemoryEngine
from shared.engine.store.replicas import Share
from shared.runtime.vault import Vault

ANY_HOUR: Final = (
    DispatchPolicy(quiet_from="00:00", quiet_until="00:00"),
    MatchingPolicy(
        standing_from="00:00",
        standing_until="24:00",
        standing_day_hours=24,
        standing_week_hours=168,
        weekly_asks=100,
        travel_free_metres=30_000,
    ),
)
"""The policy of the stacks, as in fault_city.py: the replay ends the same at any hour."""

Fate = tuple[str, tuple[int, ...], tuple[int, ...], int]
"""A need's state, the committed and fulfilled amounts of each line, the number of people confirmed."""


@dataclass
class Outcome:
    """The outcome that must be the same in every order of events."""

    needs: dict[int, Fate] = field(default_factory=dict)
    blankets: int = 0
    """Committed to all needs together; who of them got how many does hang on the order."""
    credited: int = 0

    def differences(self, other: "Outcome") -> list[str]:
        """In words; empty where both are the same."""
        found = [
            f"need {nth}: {self.needs.get(nth)} instead of {other.needs.get(nth)}"
            for nth in sorted(self.needs.keys() | other.needs.keys())
            if self.needs.get(nth) != other.needs.get(nth)
        ]
        if self.blankets != other.blankets:
            found.append(f"{self.blankets} blankets are committed instead of {other.blankets}")
        if self.credited != other.credited:
            found.append(f"{self.credited} dispatches are credited instead of {other.credited}")
        return found


def real(city: City, day: Day, ids: Mapping[int, str]) -> Outcome:
    """As it stands in the stores now."""
    with city.database("stations") as database:
        rows = {row["_id"]: row for row in database["needs"].find({"_id": {"$in": list(ids.values())}})}
    with city.database("volunteering") as database:
        staffings = list(database["staffings"].find({"_id": {"$in": list(ids.values())}}, {"dispatches": 1}))
    outcome = Outcome(credited=sum(d["state"] == "credited" for s in staffings for d in s["dispatches"]))
    for nth, need_id in ids.items():
        if need_id in rows:
            _add(outcome, day, nth, Need.from_document(rows[need_id]))
    return outcome


def _add(outcome: Outcome, day: Day, nth: int, need: Need) -> None:
    committed = need.committed or tuple(0 for _ in need.lines)
    if day.needs[nth].blankets:
        outcome.blankets += committed[-1]
        committed = committed[:-1]
        state = "open" if need.state in {"published", "ready"} else need.state
        outcome.needs[nth] = (state, committed, (), need.volunteers_confirmed)
    else:
        fulfilled = need.fulfilled or tuple(0 for _ in need.lines)
        outcome.needs[nth] = (need.state, committed, fulfilled, need.volunteers_confirmed)


def replayed(day: Day) -> Outcome:
    """The same day through the same handlers in memory, one message after another."""
    return _Replay(day).play()


class _Replay:
    def __init__(self, day: Day) -> None:
        vault = Vault(bytes(32))
        self.day = day
        self.engines = {
            "stations": MemoryEngine(STATIONS.handlers(vault=vault), day.now),
            "charity": MemoryEngine(CHARITY.handlers(vault=vault, catalogue_owner=NoOwner()), day.now),
            "volunteering": MemoryEngine(
                VOLUNTEERING.handlers(*ANY_HOUR, vault=vault, catalogue_owner=NoOwner(), share=Share()), day.now
            ),
        }
        self.told = dict.fromkeys(self.engines, 0)
        self.ids: dict[int, str] = {}

    def play(self) -> Outcome:
        """Play morning, needs, noon, and the course of the needs."""
        opened = self._morning()
        for plan in self.day.needs:
            posted = RegisterNeed.model_validate(self.day.need(plan, opened[plan.community]))
            self.ids[plan.nth] = self._do("stations", posted).id
        self._blankets(opened[0], self.day.blankets[1])
        for plan in self.day.needs:
            if plan.cancelled:
                self._do("stations", CancelNeed(need_id=self.ids[plan.nth]))
            if plan.served:
                self._serve(self.ids[plan.nth])
        return self._outcome()

    def _morning(self) -> list[str]:
        day = self.day
        self._do("stations", ImportAreas(rows=tuple(AreaRow(code=code, name="Area") for code in day.areas)))
        opened = []
        for nth, area in enumerate(day.communities):
            station = self._do("stations", OpenStation(area=area, name="Station", level="station")).id
            opened.append(station)
            rice = (GivenGoods(item="quilt", quantity=PLENTY, unit="piece"),)
            self._do("charity", Donate(station_id=station, station_area=area, goods=rice))
            fund = self._do("charity", OpenFund(area=area, name="Fund")).id
            self._do("charity", Donate(fund_id=fund, amount_fen=PLENTY))
            for one in range(VOLUNTEERS):
                self._do("volunteering", RegisterVolunteer.model_validate(day.volunteer(nth, one)))
        self._blankets(opened[0], day.blankets[0])
        return opened

    def _blankets(self, station: str, quantity: int) -> None:
        if quantity:
            goods = (GivenGoods(item="blanket", quantity=quantity, unit="piece"),)
            self._do("charity", Donate(station_id=station, station_area=self.day.communities[0], goods=goods))

    def _serve(self, need_id: str) -> None:
        (dispatch,) = self.engines["volunteering"].one(Staffing, need_id).dispatches
        self._do("volunteering", CheckIn(dispatch_id=dispatch.id))
        for engine in self.engines.values():
            engine.now += timedelta(seconds=1)
        self._do("volunteering", CheckOut(dispatch_id=dispatch.id))
        self._do("stations", ConfirmNeed(need_id=need_id))
        self._do("stations", EvaluateNeed(need_id=need_id, rating=5))

    def _do(self, service: str, command: Any) -> Any:
        answer = self.engines[service].command(command)
        while self._tell():
            continue
        return answer

    def _tell(self) -> bool:
        """Bring every event to those who listen; whether there was any."""
        any_told = False
        for speaker, engine in self.engines.items():
            fresh = engine.events[self.told[speaker] :]
            self.told[speaker] += len(fresh)
            for event in fresh:
                any_told = True
                for listener, heard in self.engines.items():
                    if any(binding_covers(binding, event.type) for binding in SUBSCRIPTIONS[listener]):
                        heard.event(event)
        return any_told

    def _outcome(self) -> Outcome:
        staffings = self.engines["volunteering"].all(Staffing)
        outcome = Outcome(credited=sum(d.state == "credited" for s in staffings for d in s.dispatches))
        for nth, need_id in self.ids.items():
            _add(outcome, self.day, nth, self.engines["stations"].one(Need, need_id))
        return outcome
