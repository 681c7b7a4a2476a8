"""Two neighbouring stations without servers, their workers, and short calls about residents."""

from typing import Any

from asking import ask
from stations_in_memory import COMMUNITY, NEXT_DOOR, StationsInMemory

from services.stations.declaration import DECLARATION
from shared.contracts.access import SYSTEM, Actor
from shared.contracts.messages import Command, Timer
from shared.contracts.stations.resident_queries import LookUpResidents, ReadResident, ResidentDetailsAnswer
from shared.contracts.stations.residents import RegisterResident, ResidentShape
from shared.engine.decide.batch import decide
from shared.engine.decide.handlers import Handler
from shared.engine.decide.incoming import Realm
from shared.people.consents import Consent
from shared.runtime.audit import AUDIT
from tests.city.mongo import Database
from tests.city.store import Memory

STREET = COMMUNITY[:9]
PHONE = "+8613800138000"
CONSENT: dict[str, Any] = {"words_version": "2026-1", "obtained": "in_writing"}


def worker(name: str, area: str, *roles: str) -> Actor:
    return Actor(kind="person", id=name, roles=roles or ("station_worker",), area=area)


ELM = worker("account_elm", COMMUNITY)
OAK = worker("account_oak", NEXT_DOOR)
CENTRE = worker("account_centre", STREET, "supervisor")


class ResidentsInMemory(StationsInMemory):
    """A station with residents, and another one next door."""

    def __init__(self) -> None:
        super().__init__()
        self.next_door = self.open_next_door()

    def resident(self, actor: Actor = ELM, **changes: Any) -> ResidentShape:
        posted: dict[str, Any] = {
            "station_id": self.station_id,
            "name": "Ma Invented",
            "phones": (PHONE,),
            "birth_year": 1944,
        }
        if changes.get("identity_number"):
            posted["consent"] = CONSENT
        asked = RegisterResident.model_validate({**posted, **changes})
        answer: ResidentShape = self.engine.command(asked, actor=actor)
        return answer

    def act(self, kind: Any, thing_id: str, actor: Actor = ELM, **fields: Any) -> Any:
        return self.engine.command(kind.model_validate({"id": thing_id, **fields}), actor=actor)

    def at_once(self, first: Command | Timer, second: Command | Timer) -> None:
        """Two replicas decide on the same state; the second one's writes are kept after those of the first."""
        decided = []
        for nth, command in enumerate((first, second)):
            realm: Realm = "timer" if isinstance(command, Timer) else "command"
            actor = SYSTEM if realm == "timer" else CENTRE
            asked = self.engine.incoming(realm, command, command.type, f"key-{nth}", actor=actor)
            handler: Handler | None = self.engine.handlers.find(asked.realm, asked.type)
            assert handler is not None
            decided.append(decide([(asked, handler)], self.engine.fetch, self.engine.now))
        for each in decided:
            assert [one.refusal for one in each.outcomes] == [None]
            self.engine.keep(each)

    @property
    def store(self) -> Any:
        store: Any = Database(Memory("stations"))
        for (model, _), entity in self.engine.entities.items():
            if entity is not None and model.collection:
                store[model.collection].insert_one(entity.to_document())
        return store

    def ask(self, query: Any, actor: Actor = ELM, store: Any = None) -> Any:
        """The answer of the service, on a store as it stands now."""
        asked = self.store if store is None else store
        return ask(DECLARATION, asked, query, self.engine.now, actor=actor, why="a visit", vault=self.vault)

    def read(self, resident_id: str, actor: Actor = ELM) -> ResidentDetailsAnswer | None:
        found: ResidentDetailsAnswer | None = self.ask(ReadResident(resident_id=resident_id), actor)
        return found

    def look_up(self, actor: Actor = ELM, **wanted: Any) -> list[str]:
        return [one.id for one in self.ask(LookUpResidents(**wanted), actor).items]

    def consents(self) -> list[Consent]:
        return self.engine.all(Consent)


def audited(store: Any) -> list[tuple[str, list[str]]]:
    """The reads on record, each with its subjects."""
    return [(row["what"], row["about"]) for row in store[AUDIT].find({})]
