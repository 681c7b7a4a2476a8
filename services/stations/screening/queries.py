"""The queries of screening: indicators in force; and, audited, the results of a resident and the person of an alert."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from services.stations.residents.domain import Resident
from services.stations.screening.consent import may_show_results
from services.stations.screening.domain.alert import OPEN_STATES, Alert
from services.stations.screening.domain.judging import Measured
from services.stations.screening.domain.result import Result, place_of, read_value
from services.stations.screening.indicator_pages import list_indicators
from shared.contracts.access import Actor
from shared.contracts.stations.alerts import AlertPerson, ReadAlertPerson
from shared.contracts.stations.indicators import ListIndicators
from shared.contracts.stations.results import ReadResult, ReadResults, ResultsRead
from shared.engine import Document, QueryTable, Sealed, Store
from shared.people import KeyGoneError, OpenKeys, read_keys
from shared.people.resolution import ids_of
from shared.people.storage import MAX_MILLIS
from shared.runtime.audit import area_within, require_permission
from shared.runtime.vault import Vault

MOST_OPEN: Final = 200
"""Open alerts of one person whose results are shown without consent, the newest."""


def read_results(
    query: ReadResults, store: Store, actor: Actor, now: datetime, vault: Vault
) -> Sealed[ResultsRead] | None:
    """Return the results of a resident, the newest first; None for an unknown id, and one outside the actor's area.

    Without consent at `now` those of open alerts alone: the life and health of the person need them (Personal
    Information Protection Law, art. 13 and 47). Results under ids that were merged belong to it.
    Raises Refused("not_allowed") for an actor without `personal:read`.
    """
    require_permission(actor, "personal:read")
    ids = ids_of(store, query.resident_id)
    within: Document = {"_id": ids[0], **area_within(actor.area)}
    resident = store[Resident.collection].find_one(within, max_time_ms=MAX_MILLIS)
    if resident is None or resident["state"] == "erased":
        return None
    rule: Document = {"resident_id": {"$in": list(ids)}}
    if query.before is not None:
        rule["_id"] = {"$lt": query.before}
    withheld = not may_show_results(store, ids, now)
    if withheld:
        rule["alert_id"] = {"$in": _find_open_alerts(store, ids)}
    found = store[Result.collection].find(rule).sort("_id", -1).limit(query.limit + 1).max_time_ms(MAX_MILLIS)
    results = [Result.from_document(row) for row in found]
    keys = read_keys(store, vault, ids)
    page, area = results[: query.limit], str(resident["area"])
    also = () if query.resident_id == ids[0] else (ids[0],)
    return Sealed(
        (query.resident_id,),
        lambda: ResultsRead(
            items=tuple(_open(one, keys) for one in page),
            next=page[-1].id if len(results) > len(page) else None,
            withheld=withheld,
        ),
        areas=(area,) * (1 + len(also)),
        also=also,
    )


def read_alert_person(query: ReadAlertPerson, store: Store, actor: Actor, now: datetime) -> Sealed[AlertPerson] | None:
    """Return the resident whom an alert is about, after a merge the survivor.

    None for an unknown alert, for one outside the actor's area, where retention has parted alert and person, and for a
    closed one of a person who does not consent at `now`. The read is on record under alert and resident.
    Raises Refused("not_allowed") without `personal:read`.
    """
    require_permission(actor, "personal:read")
    rule: Document = {"_id": query.alert_id, **area_within(actor.area)}
    row = store[Alert.collection].find_one(rule, max_time_ms=MAX_MILLIS)
    if row is None or not row["resident_id"]:
        return None
    alert = Alert.from_document(row)
    ids = ids_of(store, alert.resident_id)
    if alert.state not in OPEN_STATES and not may_show_results(store, ids, now):
        return None
    person = ids[0]
    answer = AlertPerson(id=alert.id, resident_id=person, result_id=alert.result_id or None, area=alert.area)
    return Sealed((query.alert_id,), lambda: answer, areas=(alert.area, alert.area), also=(person,))


def _find_open_alerts(store: Store, ids: Sequence[str]) -> list[str]:
    rule: Document = {"resident_id": {"$in": list(ids)}, "state": {"$in": list(OPEN_STATES)}}
    rows = store[Alert.collection].find(rule, {"_id": 1}).sort("_id", -1).limit(MOST_OPEN).max_time_ms(MAX_MILLIS)
    return [row["_id"] for row in rows]


def _open(result: Result, keys: OpenKeys) -> ReadResult:
    value = Measured()
    with suppress(KeyGoneError):  # of a merged id whose person was erased
        value = read_value(keys.open(result.value, result.resident_id, *place_of(result.id)))
    empty = {name: getattr(result, name) or None for name in ("alert_id", "need_id", "correction", "replaced_by")}
    return ReadResult.model_validate({**dict(result), **empty, "measured": value.number, "chosen": value.answer})


QUERIES: Final[QueryTable] = {
    ListIndicators: list_indicators,
    ReadResults: read_results,
    ReadAlertPerson: read_alert_person,
}
