"""The stage of a story: the little that a story needs of a city."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from deploy.lianshan.clock.calendar import CITY_ZONE
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.charity.donations import Donate
from shared.contracts.charity.funds import OpenFund
from shared.contracts.messages import Command, Query
from shared.contracts.stations.areas import ImportAreas
from shared.contracts.stations.needs import RegisterNeed
from shared.contracts.stations.network import OpenStation
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.engine import Entity
from shared.engine.decide.memory import TESTER

HOUR = timedelta(hours=1)
NOW = timedelta()
"""The beginning of a slot that begins at once."""
WITNESS = Actor(kind="key", id="key_witness", roles=("administrator",), on_behalf_of="principal_witness")
"""A second person, who has checked nobody in or out."""
WHY = "a story"
"""The reason of each reading of personal data."""
Document = dict[str, Any]


def read_reply(reply: Document) -> Document | None:
    """Return the answer in the reply to a query. Raises Refused where it holds a refusal."""
    if "error" in reply:
        raise Refused.from_json(reply["error"])
    answer: Document | None = reply["ok"]
    return answer


class Stage(ABC):
    """A city to play one story in. Each story has an administrative city of its own, so that none disturbs another."""

    cities: ClassVar[int] = 0

    def __init__(self) -> None:
        Stage.cities += 1
        self.city = f"{4000 + Stage.cities}"
        self.home = f"{self.city}01001001"
        """The community of the story."""
        self.next_door = f"{self.city}01001002"
        """Another community of the same street."""
        self.other_district = f"{self.city}02001001"
        self.registered = 0
        """The people registered so far, the first of them 1."""

    # ---- the protocol --------------------------------------------------------------------------------------

    @abstractmethod
    def now(self) -> datetime:
        """Return the time of the city."""

    @abstractmethod
    def send(self, command: Command, actor: Actor = TESTER) -> Document:
        """Send a command of the actor and return its answer. Raises Refused."""

    def send_all(self, commands: Sequence[Command]) -> list[Document]:
        """Send commands, of which none waits for another's answer, and return the answers. Raises Refused."""
        return [self.send(command) for command in commands]

    @abstractmethod
    def read(self, query: Query[Any], actor: Actor) -> Document | None:
        """Return the answer of a query's owner; None where there is none. Raises Refused."""

    @abstractmethod
    def wait(self, time: timedelta) -> None:
        """Let time pass."""

    @abstractmethod
    def shown(self, collection: str) -> list[Document]:
        """Return the documents of a view of the gateway."""

    @abstractmethod
    def until(self, holds: Callable[[], bool], words: str) -> None:
        """Go on until the condition holds. Raises AssertionError with the words where it does not come to that."""

    @abstractmethod
    def keep(self, service: str, entity: Entity) -> None:
        """Store an entity of the service, as a process of the service that no stage runs does."""

    @abstractmethod
    def run_jobs(self, steps: int | None = None) -> None:
        """Have a worker take jobs on until there is none; one that dies after so many `steps`, where a stage can."""

    def to_morning(self) -> None:
        """Let time pass until it is 09:00 in the city, the next day where it is past that."""
        here = self.now().astimezone(CITY_ZONE)
        nine = here.replace(hour=9, minute=0, second=0, microsecond=0)
        self.wait((nine if nine >= here else nine + timedelta(days=1)) - here)

    # ---- the acts of stories -------------------------------------------------------------------------------

    def open_stations(self, *areas: str) -> list[str]:
        """Open a station in each area and return their ids."""
        rows = [{"code": area, "name": f"Area {area}"} for area in areas]
        self.send(ImportAreas.model_validate({"rows": rows}))
        opened = (OpenStation(area=area, name="Elm Hall station", level="station") for area in areas)
        return [self.send(command)["id"] for command in opened]

    def give(self, station: str, area: str, quilts: int) -> None:
        """Give quilts to a station."""
        goods = [{"item": "quilt", "unit": "piece", "quantity": quilts}]
        self.send(Donate.model_validate({"station_id": station, "station_area": area, "goods": goods}))

    def fund(self, area: str, fen: int) -> str:
        """Open a fund with so much money and return its id."""
        fund: str = self.send(OpenFund(area=area, name="Neighbours' fund"))["id"]
        self.send(Donate(fund_id=fund, amount_fen=fen))
        return fund

    def volunteer(self, area: str, *, standing: bool = False) -> str:
        """Register a volunteer and return the id."""
        (volunteer,) = self.volunteers(area, 1, standing=standing)
        return volunteer

    def volunteers(self, area: str, number: int, *, standing: bool = False) -> list[str]:
        """Register so many volunteers and return their ids."""
        asked = [self._registration(area, standing=standing) for _ in range(number)]
        return [answer["id"] for answer in self.send_all(asked)]

    def register(self, area: str, *, standing: bool = False, same_as: int = 0, born: int | None = None) -> Document:
        """Register a volunteer and return the answer: another person each time, or the `same_as` of the story."""
        return self.send(self._registration(area, standing=standing, same_as=same_as, born=born))

    def _registration(
        self, area: str, *, standing: bool, same_as: int = 0, born: int | None = None
    ) -> RegisterVolunteer:
        self.registered += 1
        person = {"name": "Li Invented", "phone": f"13{self.city}{same_as or self.registered:05}"}
        place = {"location": {"lon": 113.1, "lat": 23.1}, "area": area}
        return RegisterVolunteer.model_validate(
            {**person, **place, "standing_acceptance": standing, "birth_year": born}
        )

    def ask(
        self, station: str, *, quilts: int = 0, fen: int = 0, people: int = 0, begins: timedelta = HOUR / 2, **more: Any
    ) -> str:
        """Publish a need that is due in three hours, with a slot that begins in half an hour, and return its id."""
        now = self.now()
        lines: list[Document] = []
        lines += [{"kind": "goods", "item": "quilt", "unit": "piece", "quantity": quilts}] if quilts else []
        lines += [{"kind": "money", "amount_fen": fen}] if fen else []
        asked: Document = {
            "station_id": station,
            "title": "Company for an afternoon",
            "theme": "elderly_care",
            "urgency": "normal",
            "due": now + 3 * HOUR,
            "location": {"lon": 113.1, "lat": 23.1},
            "beneficiaries": {"count": 1},
            "lines": lines,
            "publish": True,
        }
        if people:
            asked["volunteers"] = {"headcount": people, "starts_at": now + begins, "ends_at": now + 2 * HOUR}
        need: str = self.send(RegisterNeed.model_validate({**asked, **more}))["id"]
        return need

    def need(self, need_id: str) -> Document:
        """Return the need as the gateway shows it; empty where it does not yet."""
        return next((row for row in self.shown("needs") if row["_id"] == need_id and row.get("state")), {})

    def reaches(self, need_id: str, state: str) -> None:
        """Go on until the need is shown in that state."""
        self.until(lambda: self.need(need_id).get("state") == state, f"the need becomes {state}")

    def dispatches(self, need_id: str, *states: str) -> list[Document]:
        """Return the need's dispatches, those in the given states or all, in the order in which they were made."""
        rows = [row for row in self.shown("dispatches") if row["need_id"] == need_id]
        return sorted((r for r in rows if not states or r["state"] in states), key=lambda r: (len(r["_id"]), r["_id"]))

    def offers(self, need_id: str, number: int) -> list[str]:
        """Go on until the need has so many open offers, and return their ids."""
        self.until(lambda: len(self.dispatches(need_id, "offered")) == number, f"{number} people are asked")
        return [row["_id"] for row in self.dispatches(need_id, "offered")]

    def reserved(self, holder: str) -> tuple[int, int]:
        """Return balance and reserved amount of the one account of a station or fund; (0, 0) until it is shown."""
        rows = (row for row in self.shown("stock") if row["holder_id"] == holder)
        return next(((row["balance"], row["reserved"]) for row in rows), (0, 0))
