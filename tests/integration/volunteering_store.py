"""Volunteering on a store of MongoDB: it decides and commits as its process does, without a broker."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any, TypeVar
from uuid import uuid4

from asking import ask
from pymongo import MongoClient
from pymongo.database import Database

from services.volunteering.declaration import DECLARATION
from services.volunteering.dispatch.domain.dispatch_states import HELD
from services.volunteering.dispatch.domain.staffing import Staffing
from shared.catalogue import NoOwner
from shared.contracts import Command, EventData, Query
from shared.contracts.access.actor import SYSTEM
from shared.contracts.need_parts import Place, VolunteerRequest
from shared.contracts.stations.needs import NeedSnapshot
from shared.contracts.volunteering.dispatch import ReadStaffing, StaffingAnswer
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.engine.decide.batch import Decisions, decide
from shared.engine.decide.incoming import Incoming, Realm
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.reader import Reader
from shared.engine.store.replicas import Share
from shared.runtime.clock import MachineTime
from shared.runtime.vault import Vault

A = TypeVar("A")
COMMUNITY, NEIGHBOUR = "110102009017", "110102009018"
PLACE = Place(lon=116.34, lat=39.93)
HOUR = timedelta(hours=1)
_PHONES = count(1)


class Service:
    """The handlers over a database: a batch a transaction."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self.database = database
        self.use(Vault(bytes(range(32)), "volunteering"))
        # Nine in the morning of the city: people are asked, and standing acceptance counts until nine in the evening.
        self.now = datetime.now(UTC).replace(hour=1, minute=0, second=0, microsecond=0)
        self.actor = SYSTEM
        self._numbers = count(1)

    def use(self, vault: Vault) -> None:
        """Seal and open by that vault from now on."""
        self.vault = vault
        self._handlers = DECLARATION.handlers(vault=vault, catalogue_owner=NoOwner(), share=Share())

    def decide(self, *messages: Any) -> Decisions:
        batch = []
        for data in messages:
            realm: Realm = (
                "command" if isinstance(data, Command) else "event" if isinstance(data, EventData) else "timer"
            )
            handler = self._handlers.find(realm, data.type)
            assert handler is not None
            key = f"{uuid4()}-{next(self._numbers)}"
            message: Incoming[Any] = Incoming(realm, key, key, data.type, data, self.now, key, "", actor=self.actor)
            batch.append((message, handler))
        return decide(batch, Reader(self.database).fetch, self.now)

    def commit(self, decided: Decisions) -> Any:
        for outcome in decided.outcomes:
            if outcome.failure or outcome.refusal:
                raise outcome.failure or outcome.refusal  # type: ignore[misc]
        commit(
            self.database,
            Transaction(decided, keys=[o.message.key for o in decided.outcomes], now=MachineTime(self.now)),
        )
        return decided.outcomes[-1].answer

    def do(self, *messages: Any) -> Any:
        return self.commit(self.decide(*messages))

    def ask(self, query: Query[A], **reader: Any) -> A:
        return ask(DECLARATION, self.database, query, self.now, vault=self.vault, **reader)

    def volunteer(self, area: str = COMMUNITY, *, standing: bool = False, **more: Any) -> str:
        # Another person each time: two with one name and one telephone would be checked first.
        asked = {"name": "Zhao Invented", "phone": f"137{next(_PHONES):08}", "location": PLACE, **more}
        return str(self.do(RegisterVolunteer(area=area, standing_acceptance=standing, **asked)).id)

    def need(
        self, kind: type[NeedSnapshot], need_id: str, headcount: int = 1, *, starts: timedelta = HOUR, **more: Any
    ) -> NeedSnapshot:
        begins = self.now + starts
        skills = more.pop("skills", ())
        posted = {
            "version": 2, "state": "published", "station_id": "st_1", "area": COMMUNITY, "theme": "elderly_care",
            "urgency": "normal", "score": 50, "due": begins + 8 * HOUR, "place": PLACE, "beneficiaries": 1,
            "volunteers": VolunteerRequest(headcount=headcount, skills=skills, starts_at=begins, ends_at=begins + HOUR),
            "published_at": self.now, **more,
        }  # fmt: skip
        return kind(need_id=need_id, **posted)

    def staffing(self, need_id: str) -> StaffingAnswer:
        found = self.ask(ReadStaffing(need_id=need_id))
        assert found is not None
        return found

    def double_bookings(self) -> list[str]:
        """L4, read from the stored documents."""
        slots: dict[str, list[tuple[datetime, datetime]]] = {}
        for staffing in map(Staffing.from_document, self.database["staffings"].find()):
            for row in staffing.dispatches:
                if row.state in HELD:
                    slots.setdefault(row.volunteer_id, []).append((staffing.starts_at, staffing.ends_at))
        ordered = {who: sorted(held) for who, held in slots.items()}
        return [who for who, held in ordered.items() if any(b[0] < a[1] for a, b in pairwise(held))]


def make(mongo_uri: str) -> Iterator[Service]:
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_uri, tz_aware=True, serverSelectionTimeoutMS=10_000)
    database = client[f"t{uuid4().hex[:12]}_volunteering"]
    ensure_indexes(database, {name: list(indexes) for name, indexes in DECLARATION.indexes.items()})
    yield Service(database)
    client.drop_database(database.name)
    client.close()
