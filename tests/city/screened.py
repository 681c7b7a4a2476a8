"""The laws of screening: one need an examination, a clock that goes by the levels, and no result without consent."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from services.stations.screening.opening import UNDER_WAY
from shared.contracts.legal_days import periods_around
from shared.contracts.overdue_levels import LAST_LEVEL
from tests.city.retiring import RESULT_DAYS

if TYPE_CHECKING:
    from tests.city.store import Document
    from tests.city.world import World

OPEN: Final = ("detected", "answered", "dismissal_asked")


def find_wrong_needs(world: "World") -> Iterator[str]:
    """Return grave alerts without a need or the rule against it, needs of no alert, and those beside another."""
    alerts, needs = world.rows("stations", "alerts"), world.rows("stations", "needs")
    opened = {alert["need_id"] for alert in alerts.values() if alert.get("need_id")}
    # An alert that became graver after the end of its need has another one.
    opened |= {one["_id"] for one in world.rows("stations", "screening_needs").values() if one["alerts"]}
    for alert in alerts.values():
        grave = alert["severity"] in {"high", "critical"}
        if grave and not alert.get("need_id") and not alert.get("need_refused"):
            yield f"alert {alert['_id']} is {alert['severity']}, and there is no need and no rule against it"
    for need in needs.values():
        if need.get("channel") == "screening" and need["_id"] not in opened:
            yield f"need {need['_id']} was opened by a screening, and no alert has it"
    examined: dict[tuple[str, str], set[str]] = {}
    for alert in alerts.values():
        if alert.get("need_id") and alert["resident_id"] and needs[alert["need_id"]].get("state", "draft") in UNDER_WAY:
            examined.setdefault((alert["screening_id"], alert["resident_id"]), set()).add(alert["need_id"])
    for (screening, resident), open_needs in examined.items():
        if len(open_needs) > 1:
            yield f"resident {resident} has {len(open_needs)} needs under way of screening {screening}"


def find_wrong_clocks(world: "World") -> Iterator[str]:
    """Return the alerts of which a level was reminded twice of one deadline, or before it."""
    reminded: dict[str, set[tuple[str, str, str]]] = {}
    for _, entry in sorted(world.rows("gateway", "alerts_history").items()):
        alert, reminder = str(entry["shape"]["id"]), entry["shape"]["reminder"]
        if entry["happened"] == "handed_over":
            reminded.pop(alert, None)  # the levels of another place begin again
        if entry["happened"] != "overdue" or reminder is None:
            continue
        told = (reminder["step"], reminder["was_due"], reminder["level"])
        if datetime.fromisoformat(entry["at"]) < datetime.fromisoformat(reminder["was_due"]):
            yield f"alert {alert} is overdue with {told[0]} before {told[1]}"
        if told[2] != LAST_LEVEL and told in reminded.setdefault(alert, set()):
            yield f"the {told[2]} is reminded twice of alert {alert}, to {told[0]}"
        reminded.setdefault(alert, set()).add(told)


def find_alerts_of_nobody(world: "World") -> Iterator[str]:
    """Return the open alerts of residents who were erased, or whom another station cares for."""
    residents = world.rows("stations", "residents")
    for alert in world.rows("stations", "alerts").values():
        if alert["state"] not in OPEN or not alert["resident_id"]:
            continue
        resident = residents[alert["resident_id"]]
        survivor = residents.get(resident.get("merged_into") or "", resident)
        cared_for = survivor if survivor["state"] != "erased" else resident
        if cared_for["state"] == "erased":
            yield f"alert {alert['_id']} is open, and leads to nobody"
        elif alert["area"] != cared_for["area"]:
            yield f"alert {alert['_id']} is at {alert['area']}, and {cared_for['area']} cares for the resident"


def find_unwanted_results(world: "World") -> Iterator[str]:
    """Return the results whose person has withdrawn the consent to be screened, and nobody will delete them."""
    timers, residents = world.rows("stations", "timers"), world.rows("stations", "residents")
    for result in world.rows("stations", "screening_results").values():
        ids = {one for one in _ids_of(world, result["resident_id"]) if residents[one]["state"] != "erased"}
        if residents[result["resident_id"]]["state"] == "erased" or not _is_taken_back(world, ids):
            continue
        if not any(f"screened:{one}" in timers or f"care:{one}" in timers for one in ids):
            yield f"result {result['_id']} stands, and {result['resident_id']} has withdrawn the consent"


def find_people_miscounted(world: "World") -> Iterator[str]:
    """Return the places and periods in which several examinations of one person count the person.

    There may be none: the one that counted was deleted with a withdrawal or an erasure, and the person stays counted.
    """
    timers, screenings = world.rows("stations", "timers"), world.rows("stations", "screenings")
    people: dict[frozenset[str], list[Document]] = {}
    for one in world.rows("stations", "examinations").values():
        people.setdefault(frozenset(_ids_of(world, one["resident_id"])), []).append(one)
    for ids, examinations in people.items():
        awaited = {f"moved:{one['screening_id']}" for one in examinations}
        if any(one in timers for one in (*awaited, *(f"{kind}:{one}" for one in ids for kind in ("people", "care")))):
            continue
        counted = Counter(
            (name, screenings[one["screening_id"]]["area"][:digits])
            for one in examinations
            for kind, name in periods_around(one["day"]).items()
            for digits in one["counted"].get(kind, ())
        )
        for (name, area), number in counted.items():
            if number > 1:
                yield f"{sorted(ids)} are counted {number} times in {name} in {area or 'every area'}"
                break


def find_old_results(world: "World") -> Iterator[str]:
    """Return the results that a whole pass of the retention has left although they are old, and their alert closed."""
    if world.retiring.whole is None:
        return
    cutoff, alerts = world.retiring.whole - timedelta(days=RESULT_DAYS), world.rows("stations", "alerts")
    for result in world.rows("stations", "screening_results").values():
        waits = result["alert_id"] and alerts[result["alert_id"]]["state"] in OPEN
        closed = not waits and _closed_before(world, result["alert_id"])
        if result["recorded_at"] < cutoff and closed:
            yield f"result {result['_id']} is there after its time"


def _closed_before(world: "World", alert: str) -> bool:
    """Return whether the alert was closed before the last whole pass began, so that the pass could see it."""
    if not alert:
        return True
    entries = [e for e in world.rows("gateway", "alerts_history").values() if e["shape"]["id"] == alert]
    last = max(entries, key=lambda entry: int(entry["shape"]["version"]), default=None)
    return last is not None and datetime.fromisoformat(last["at"]) < world.retiring.whole  # type: ignore[operator]


def _ids_of(world: "World", resident: str) -> set[str]:
    identities: Mapping[Any, Document] = world.rows("stations", "identities")
    if resident not in identities:
        return {resident}
    survivor = identities[resident]["survivor"]
    return {resident, survivor, *identities[survivor]["others"]}


def _is_taken_back(world: "World", ids: set[str]) -> bool:
    withdrawn, given = [], []
    for consent in world.rows("stations", "consents").values():
        if consent["person_id"] not in ids or consent["purpose"] != "health_screening":
            continue
        if consent["state"] != "withdrawn":
            given.append(datetime.fromisoformat(consent["given_at"]))
        elif consent["withdrawn_at"] < consent["expires_at"]:
            withdrawn.append(datetime.fromisoformat(consent["withdrawn_at"]))
    return bool(withdrawn) and (not given or max(withdrawn) > max(given))
