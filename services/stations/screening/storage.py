"""The collections of screening and their indexes; and the alerts of a need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Self

from pymongo import ASCENDING, DESCENDING, IndexModel

from services.stations.screening.domain.alert import OPEN_STATES, Alert
from services.stations.screening.domain.indicator import Indicator
from services.stations.screening.domain.result import Examination, Result, examination_id
from services.stations.screening.domain.screening import UNDER_WAY, Screening
from shared.engine import Document, Entity, Query

if TYPE_CHECKING:
    from pymongo.collection import Collection
    from pymongo.database import Database

MOST_AT_ONCE: Final = 50
"""Alerts, or screenings, that one step hands over."""
MOST_EXAMINATIONS: Final = 100
"""Examinations of one person that are compared, the newest: one a fortnight for as long as they are kept."""
MAX_MILLIS: Final = 5_000
"""Milliseconds that the store may take over one search."""
_AFTER_COLON: Final = ";"
"""The character after `:`: the ids of a screening's examinations end before it."""
_IS_OPEN: Final[Document] = {"$in": list(OPEN_STATES)}


def _find_each(rows: "Collection[Document]", rules: Sequence[Document], limit: int) -> list[list[Document]]:
    """Return the first documents of each rule in the order of their ids."""
    return [list(rows.find(rule).sort("_id", ASCENDING).limit(limit).max_time_ms(MAX_MILLIS)) for rule in rules]


@dataclass(frozen=True)
class OpenAlerts(Query[Alert]):
    """The open alerts whose field `by` has the value, after an id, in the order of their ids."""

    value: str
    after: str = ""
    by: ClassVar[str]
    model: ClassVar[type[Alert]] = Alert
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        rules = [{cls.by: one.value, "_id": {"$gt": one.after}, "state": _IS_OPEN} for one in queries]
        return _find_each(database[Alert.collection], rules, cls.limit)

    def matches(self, entity: Alert) -> bool:
        """Return whether the alert is open, has that value, and is still to come."""
        return entity.id > self.after and getattr(entity, self.by) == self.value and entity.state in OPEN_STATES


class OpenAlertsOf(OpenAlerts):
    """The open alerts that were raised under one id of a resident."""

    by: ClassVar[str] = "resident_id"


class OpenAlertsAt(OpenAlerts):
    """The open alerts of a station."""

    by: ClassVar[str] = "station_id"


@dataclass(frozen=True)
class ScreeningsOf(Query[Screening]):
    """The screenings of a station that are planned or running."""

    station_id: str
    model: ClassVar[type[Screening]] = Screening
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        rules = [{"station_id": one.station_id, "state": {"$in": list(UNDER_WAY)}} for one in queries]
        return _find_each(database[Screening.collection], rules, cls.limit)

    def matches(self, entity: Screening) -> bool:
        """Return whether the screening is that station's, and has not ended."""
        return entity.station_id == self.station_id and entity.state in UNDER_WAY


@dataclass(frozen=True)
class ResultsUnder(Query[Result]):
    """The results under the ids of one person, after an id, in the order of their ids."""

    ids: tuple[str, ...]
    after: str = ""
    model: ClassVar[type[Result]] = Result
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        results = database[Result.collection]
        found = (results.find({"resident_id": {"$in": list(one.ids)}, "_id": {"$gt": one.after}}) for one in queries)
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Result) -> bool:
        """Return whether the result is that person's, and still to come."""
        return entity.id > self.after and entity.resident_id in self.ids


@dataclass(frozen=True)
class ExaminationsUnder(Query[Examination]):
    """The examinations under the ids of one person, the newest."""

    ids: tuple[str, ...]
    model: ClassVar[type[Examination]] = Examination
    limit: ClassVar[int] = MOST_EXAMINATIONS

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        rows = database[Examination.collection]
        found = (rows.find({"resident_id": {"$in": list(one.ids)}}) for one in queries)
        return [list(each.sort("_id", DESCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for each in found]

    def matches(self, entity: Examination) -> bool:
        """Return whether the examination is that person's."""
        return entity.resident_id in self.ids


@dataclass(frozen=True)
class ExaminationsIn(Query[Examination]):
    """The examinations of one screening, after an id, in the order of their ids."""

    screening_id: str
    after: str = ""
    model: ClassVar[type[Examination]] = Examination
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, by the range of their ids."""
        rules = [{"_id": dict(zip(("$gt", "$lt"), one.bounds, strict=True))} for one in queries]
        return _find_each(database[Examination.collection], rules, cls.limit)

    @property
    def bounds(self) -> tuple[str, str]:
        """The ids between which the examinations lie, both excluded."""
        return max(self.after, examination_id(self.screening_id, "")), f"{self.screening_id}{_AFTER_COLON}"

    def matches(self, entity: Examination) -> bool:
        """Return whether the examination is of that screening, and still to come."""
        first, last = self.bounds
        return first < entity.id < last


class ScreeningNeed(Entity):
    """The alerts of a need that was opened for them; it has the need's id. They are those of one examination."""

    collection: ClassVar[str] = "screening_needs"

    area: str
    alerts: tuple[str, ...] = ()


_BY_RESIDENT: Final = IndexModel([("resident_id", ASCENDING), ("_id", DESCENDING)], name="resident")
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    Indicator.collection: [IndexModel([("area", ASCENDING), ("code", ASCENDING)], name="around")],
    Screening.collection: [IndexModel([("station_id", ASCENDING)], name="of_station")],
    Examination.collection: [_BY_RESIDENT],
    Result.collection: [_BY_RESIDENT],
    Alert.collection: [
        _BY_RESIDENT,
        IndexModel([("station_id", ASCENDING), ("state", ASCENDING), ("_id", ASCENDING)], name="of_station"),
    ],
    ScreeningNeed.collection: [],
}
