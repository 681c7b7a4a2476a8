"""The retention of residents (居民) whose care ended long ago: their data is erased by age.

Personal Information Protection Law, art. 19 and 47: personal information is kept no longer than its purpose needs, and
then erased. A claim out of the care may be raised within three years (Civil Code (民法典), art. 188). Carers, emergency
contacts and guardians of others are kept, and residents who have consented to something since.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Final

from pymongo import WriteConcern
from pymongo.database import Database

from services.stations.erasures.domain import ResidentErasureDue
from services.stations.households.relations import Relation
from services.stations.households.storage import RelationsTo
from services.stations.residents.care import follow_care
from services.stations.residents.domain import Resident, ResidentRecord, erased, is_outdated
from services.stations.residents.handlers import person_loads, store_change
from shared.contracts.messages import Instant, Timer
from shared.contracts.stations.residents import ResidentErased
from shared.engine import Document, Get, HandlerTable, Handling, Incoming, Load, Loading, take_turn
from shared.engine.decide.unit_of_work import make_id
from shared.engine.store.collections import TIMERS
from shared.people.consents import Consent
from shared.people.erasing import BY_AGE, ErasurePart, go_on
from shared.people.retention import BATCH, MAX_MILLIS

MAJORITY_MILLIS: Final = 15_000
KIND_DIGITS: Final = len("resident_") + 9
"""The part of a resident's id that holds its kind and its time."""


class ResidentOutdated(Timer):
    """The care for a resident ended before `cutoff`: the data under this id is to be erased."""

    type: ClassVar[str] = "stations.resident_outdated"
    resident_id: str
    cutoff: Instant


@dataclass
class EndedResidents:
    """The data of residents whose care ended more than `days` ago, under each of their ids."""

    days: int
    category: str = "ended_residents"
    _after: str = field(default="", init=False)

    def delete_batch(self, database: Database[Document], now: datetime) -> Sequence[str] | None:
        """Look at up to 200 records in the order of their ids, which rise with time; have the old ones erased.

        The service erases them by timers, beside its other work, and looks at each once more in its decision.
        """
        cutoff = now - timedelta(days=self.days)
        # Somebody whose care ended before then was registered before then.
        bound = make_id("resident", cutoff, "")[:KIND_DIGITS]
        rows = database[ResidentRecord.collection].find({"_id": {"$gt": self._after, "$lt": bound}}, {"_id": 1})
        found = [row["_id"] for row in rows.sort("_id", 1).limit(BATCH).max_time_ms(MAX_MILLIS)]
        self._after = found[-1] if found else ""
        if not found:
            return None
        old = _Batch(database, cutoff).find_outdated(found)
        for resident_id in old:
            _request(database, ResidentOutdated(resident_id=resident_id, cutoff=cutoff), now)
        return old


@dataclass(frozen=True)
class _Batch:
    """The facts in the store by which residents are kept at `cutoff`. Each question is one bounded find."""

    database: Database[Document]
    cutoff: datetime

    def find_outdated(self, ids: Sequence[str]) -> list[str]:
        """Return the ids of those whose care ended before the cutoff, and who are needed under none of their ids."""
        own = self._residents("_id", ids)
        survivors = self._residents("_id", {one.merged_into or one.id for one in own.values()})
        outdated = {one.id for one in survivors.values() if is_outdated(one, self.cutoff)}
        if not outdated:
            return []
        every: dict[str, set[str]] = {one: {one} for one in outdated}
        for other in self._residents("merged_into", outdated).values():
            every[str(other.merged_into)].add(other.id)
        kept = self._find_kept({one for person in every.values() for one in person})
        gone = {survivor for survivor, person in every.items() if kept.isdisjoint(person)}
        return [one for one in ids if one in own and (own[one].merged_into or one) in gone]

    def _find_kept(self, ids: Collection[str]) -> set[str]:
        caring: Document = {"related_id": {"$in": list(ids)}, "state": "standing"}
        consenting: Document = {"person_id": {"$in": list(ids)}}
        relations = self._find(Relation.collection, caring, {"related_id": 1})
        consents = map(Consent.from_document, self._find(Consent.collection, consenting))
        since = {consent.person_id for consent in consents if consent.given_at >= self.cutoff}
        return since | {str(row["related_id"]) for row in relations}

    def _residents(self, by: str, ids: Collection[str]) -> Mapping[str, Resident]:
        rows = self._find(Resident.collection, {by: {"$in": list(ids)}})
        return {row["_id"]: Resident.from_document(row) for row in rows}

    def _find(self, name: str, rule: Document, only: Document | None = None) -> Iterable[Document]:
        return self.database[name].find(rule, only).max_time_ms(MAX_MILLIS)


def retire_resident(message: Incoming[ResidentOutdated]) -> Handling:
    """Begin the erasure of a resident whose care is over still, and who takes no part for others.

    Nobody begins the care again from here on: the record is known as erased at once.
    """
    resident_id = message.data.resident_id
    part_id = f"{BY_AGE}.{resident_id}"

    def load() -> Loading:
        loads: list[Load] = [Get(ErasurePart, part_id), RelationsTo(resident_id)]
        work = yield [*person_loads(resident_id, None), *loads]
        known = work.get(Resident, resident_id)
        if known is not None and known.merged_into is not None:
            yield [Get(Resident, known.merged_into)]

    work = yield from take_turn(load)
    person, record = work.get(Resident, resident_id), work.get(ResidentRecord, resident_id)
    if person is None or record is None or work.get(ErasurePart, part_id) is not None:
        return
    survivor = person if person.merged_into is None else work.get(Resident, person.merged_into)
    # Of a person of several ids the survivor may be erased by now, by the same look.
    over = survivor is not None and (survivor.state == "erased" or is_outdated(survivor, message.data.cutoff))
    if not over or person.state == "active" or work.find(RelationsTo(resident_id)):
        return
    work.put(record.model_copy(update={"marks": ()}))
    store_change(work, person, erased(person), ResidentErased)
    follow_care(work, resident_id)
    part = ErasurePart(
        id=part_id, erasure_id=BY_AGE, nth=0, kind="resident", subject=resident_id, area=person.area, reach=""
    )
    go_on(work, part, ResidentErasureDue)


def _request(database: Database[Document], asked: ResidentOutdated, now: datetime) -> None:
    """Set a timer that fires at once; one that waits already stays."""
    row: Document = {
        "due": now, "type": asked.type, "data": asked.model_dump(mode="json"), "correlation": asked.resident_id,
        "traceparent": "", "attempts": 0,
    }  # fmt: skip
    concern = WriteConcern("majority", wtimeout=MAJORITY_MILLIS)
    timers = database.get_collection(TIMERS, write_concern=concern)
    timers.update_one({"_id": f"outdated:{asked.resident_id}"}, {"$setOnInsert": row}, upsert=True)


HANDLERS: Final[HandlerTable] = {ResidentOutdated: retire_resident}
