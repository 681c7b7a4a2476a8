"""The town that all peers serve: its stations, stock and volunteers, and the needs that arise in it.

Everything comes out of the real handlers (run in memory), so that all peers are given the same real events and keep
records of the same shape and size as ours do.
"""

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from pydantic_core import to_json

from services.charity.declaration import DECLARATION as CHARITY
from services.stations.declaration import DECLARATION as STATIONS
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from shared.catalogue import NoOwner
from shared.contracts.charity.donations import Donate, GivenGoods
from shared.contracts.envelope import CloudEvent, routing_key
from shared.contracts.need_parts import Place
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.need_request import Beneficiaries, GoodsAsked, VolunteersAsked
from shared.contracts.stations.needs import NeedPublished, RegisterNeed
from shared.contracts.stations.network import OpenStation
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.engine import Handlers
from shared.engine.decide.memory import MemoryEngine
from shared.engine.store.replicas import Share
from shared.runtime.vault import Vault
from tests.performance.samples import ITEM, QUANTITY, SKILL, UNIT, Document, fill

Stores = dict[str, dict[str, list[Document]]]
"""Documents by service and collection."""

DATA_KEY: Final = "bGlhbnNoYW4gYmVuY2htYXJrIGtleSwgMzIgYnl0ZXM="
STREET: Final = "110102009"
COMMUNITIES: Final = tuple(f"{STREET}{n:03}" for n in range(1, 25))
LON, LAT, BLOCK = 116.33, 39.93, 0.004
"""The street's corner, and how far its communities lie apart, in degrees."""
VOLUNTEERS_PER_COMMUNITY: Final = 200
SLOTS: Final = 200
"""The needs of a community fall into so many different hours."""
MONTH: Final = timedelta(days=28)
"""So long after a need is published its slot is past, and bound nobody any more for a day."""
KINDS: Final = len(COMMUNITIES) * SLOTS
"""So many needs differ in more than their id; the others are theirs again under another id."""
BUILD: Final[dict[str, Callable[[Vault], Handlers]]] = {
    "stations": lambda vault: STATIONS.handlers(vault=vault),
    "charity": lambda vault: CHARITY.handlers(vault=vault, catalogue_owner=NoOwner()),
    "volunteering": lambda vault: VOLUNTEERING.handlers(vault=vault, catalogue_owner=NoOwner(), share=Share()),
}


@dataclass(frozen=True, slots=True)
class Need:
    """A published need: its record at stations, and its event."""

    id: str
    area: str
    documents: Mapping[str, Document]
    body: bytes
    message_id: str
    routing_key: str


class Town:
    """Made once, given to every peer in every round."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)
        vault = Vault(b64decode(DATA_KEY))
        self.engines = {name: MemoryEngine(build(vault), self.now) for name, build in BUILD.items()}
        self.stations = self._found()
        self._stock()
        self.volunteers = {area: self._volunteer(area) for area in COMMUNITIES}
        self.base = self._base()
        self._kinds: dict[int, tuple[CloudEvent, bytes, dict[str, Document]]] = {}
        self._month = 0

    def needs(self, run: str, count: int, first: int = 0, month: int = 0) -> list[Need]:
        """So many needs of a run; later runs and later needs have higher ids, as with ids made by the clock.

        They are published, and their slots lie, so many months after the town was made.
        """
        if month != self._month:
            self._month = month
            self._kinds.clear()
        return [self._need(f"need_{run}{nth:019}", nth) for nth in range(first, first + count)]

    def event(self, nth: int) -> CloudEvent:
        """The nth kind of need's publication."""
        return self._kind(nth)[0]

    # ---- the state before the first need ------------------------------------------------------------------

    def _found(self) -> dict[str, str]:
        engine = self.engines["stations"]
        engine.command(ImportAreas(rows=tuple(AreaRow(code=c, name=f"Community {c[-3:]}") for c in COMMUNITIES)))
        engine.command(OpenStation(area=STREET, name="Street centre", level="centre"))
        opened = {
            area: engine.command(OpenStation(area=area, name=f"Station {area[-3:]}", level="station")).id
            for area in COMMUNITIES
        }
        for event in engine.events:
            for name in ("charity", "volunteering"):
                self.engines[name].event(event)
        return opened

    def _stock(self) -> None:
        for area, station in self.stations.items():
            goods = (GivenGoods(item=ITEM, quantity=10**9, unit=UNIT),)
            self.engines["charity"].command(Donate(station_id=station, station_area=area, goods=goods))

    def _volunteer(self, area: str) -> str:
        answer = self.engines["volunteering"].command(
            RegisterVolunteer(
                name="Invented Name", phone=f"138{area[-8:]}", area=area, location=self._point(area), birth_year=1962,
                skills=(SKILL, "cooking"), languages=("cmn",), standing_acceptance=True,
            )
        )  # fmt: skip
        return str(answer.id)

    def _base(self) -> Stores:
        base = {name: documents(engine) for name, engine in self.engines.items()}
        base["volunteering"] = {}
        for area in COMMUNITIES:
            for collection, copies in self.more_volunteers(area, 0, VOLUNTEERS_PER_COMMUNITY).items():
                base["volunteering"].setdefault(collection, []).extend(copies)
        return base

    def more_volunteers(
        self, area: str, first: int, count: int, elsewhere: tuple[str, float] | None = None
    ) -> dict[str, list[Document]]:
        """Records of as many people like the one registered there.

        They live around it; or, where `elsewhere` says so, in another area, within so many degrees.
        """
        home, spread = elsewhere or (area, BLOCK / 2)
        made: dict[str, list[Document]] = {}
        known = self.volunteers[area]
        originals = documents(self.engines["volunteering"])
        mine = [(c, row) for c, rows in originals.items() for row in rows if known in str(row["_id"])]
        for nth in range(first, first + count):
            names = {known: f"{known}x{nth:06}", area: home}
            for collection, row in mine:
                made.setdefault(collection, []).append(_moved(fill(row, names), Random(nth), spread))
        return made

    # ---- needs --------------------------------------------------------------------------------------------

    def _need(self, need_id: str, nth: int) -> Need:
        event, body, kept = self._kind(nth)
        old = event.subject
        return Need(
            need_id,
            event.area,
            {collection: fill(document, {old: need_id}) for collection, document in kept.items()},
            body.replace(old.encode(), need_id.encode()),
            f"{event.source}#{event.id.replace(old, need_id)}",
            routing_key(event.type, event.area),
        )

    def _kind(self, nth: int) -> tuple[CloudEvent, bytes, dict[str, Document]]:
        kind = nth % KINDS
        if kind not in self._kinds:
            self._kinds[kind] = self._register(kind)
        return self._kinds[kind]

    def _register(self, kind: int) -> tuple[CloudEvent, bytes, dict[str, Document]]:
        engine = self.engines["stations"]
        engine.now = self.now + self._month * MONTH
        before, said = set(engine.entities), len(engine.events)
        engine.command(self._asked(kind))
        published = [event for event in engine.events[said:] if event.type == NeedPublished.type]
        kept = {
            model.collection: engine.entities[model, entity_id].to_document()
            for model, entity_id in engine.entities.keys() - before
        }
        return published[0], to_json(published[0]), kept

    def _asked(self, kind: int) -> RegisterNeed:
        area = COMMUNITIES[kind % len(COMMUNITIES)]
        day, hour = divmod(kind // len(COMMUNITIES), 8)
        start = (self.engines["stations"].now + timedelta(days=2 + day)).replace(hour=hour, minute=0, second=0)
        end = start + timedelta(hours=1)
        return RegisterNeed(
            station_id=self.stations[area],
            title="Two bags of rice, and somebody who brings them",
            theme="elderly_care",
            urgency="normal",
            due=end + timedelta(days=7),
            location=self._point(area),
            beneficiaries=Beneficiaries(count=1, groups=("elderly_80_plus",)),
            lines=(GoodsAsked(kind="goods", item=ITEM, quantity=QUANTITY, unit=UNIT),),
            volunteers=VolunteersAsked(headcount=1, skills=(SKILL,), starts_at=start, ends_at=end),
            publish=True,
        )

    @staticmethod
    def _point(area: str) -> Place:
        east, north = (int(area[-3:]) - 1) % 6, (int(area[-3:]) - 1) // 6
        return Place(lon=LON + east * BLOCK, lat=LAT + north * BLOCK)


def documents(engine: MemoryEngine) -> dict[str, list[Document]]:
    """Everything an engine keeps, as MongoDB would."""
    kept: dict[str, list[Document]] = {}
    for (model, _), entity in engine.entities.items():
        kept.setdefault(model.collection, []).append(entity.to_document())
    return kept


def _moved(document: Document, random: Random, spread: float) -> Document:
    """Not everybody lives in one spot."""
    if "home" in document:
        document["home"] = [round(degrees + random.uniform(-spread, spread), 4) for degrees in document["home"]]
    return document
