"""Deadlines of a city at rest (L1): nothing that is open stands without a next step, and a timer."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from services.charity.linking.storage import NOTHING_MORE
from services.stations.needs.domain.due_time import key_of_timer
from services.volunteering.dispatch.domain.staffing import need_of
from shared.contracts.stations.needs import ENDED

if TYPE_CHECKING:
    from tests.city.store import Document
    from tests.city.world import World


def find_without_deadline(world: "World") -> Iterator[str]:
    """Yield a sentence for each open thing without a next step or a timer."""
    timers = {name: world.rows(name, "timers") for name in ("stations", "charity", "volunteering")}
    yield from _find_still_needs(world, timers["stations"])
    yield from _find_still_staffings(world, timers)
    yield from _find_still_links(world, timers)
    yield from _find_untimed_tasks(world, timers)


def _find_still_needs(world: "World", timers: Mapping[Any, "Document"]) -> Iterator[str]:
    tasks = world.rows("gateway", "tasks")
    for need in world.rows("stations", "needs").values():
        state = need.get("state", "draft")
        if state in ENDED:
            continue
        if key_of_timer(need["_id"]) not in timers:
            yield f"need {need['_id']} is {state} and has no timer"
        task = tasks.get(need["_id"])
        if task is None or not task["open"] or task.get("due") is None:
            yield f"need {need['_id']} is {state} and has no next step with a date"


def _find_still_staffings(world: "World", timers: Mapping[str, Mapping[Any, "Document"]]) -> Iterator[str]:
    own = timers["volunteering"]
    for staffing in world.rows("volunteering", "staffings").values():
        # The patrol looks for those whose own timer is gone; both missing is standing still.
        if staffing.get("watch_at") is not None and f"staffing:{staffing['_id']}" not in own and "patrol" not in own:
            yield f"staffing {staffing['_id']} has no timer and no patrol"
        if staffing.get("waiting_in") is not None and staffing.get("watch_at") is None:
            yield f"staffing {staffing['_id']} waits, and nothing will look at it again"


def _find_still_links(world: "World", timers: Mapping[str, Mapping[Any, "Document"]]) -> Iterator[str]:
    for link in world.rows("charity", "links").values():
        for wanted in link.get("wants", ()):
            if f"serve:{wanted}" not in timers["charity"] and wanted != NOTHING_MORE:
                yield f"link {link['_id']} waits for {wanted}, and nothing will look at it again"
        # Its reservations are freed with its need: by that need's timer at the latest.
        held = link["state"] in {"waiting", "partial", "committed"}
        if held and key_of_timer(link["_id"]) not in timers["stations"]:
            yield f"link {link['_id']} is {link['state']}, and nothing will come back to its need"


def _find_untimed_tasks(world: "World", timers: Mapping[str, Mapping[Any, "Document"]]) -> Iterator[str]:
    watched = {row["_id"] for row in world.rows("volunteering", "staffings").values() if row.get("watch_at")}
    for task in world.rows("gateway", "tasks").values():
        if not task["open"] or task["kind"] == "need":
            continue
        if task["kind"] == "dispatch":
            # That the watched ones have a timer is asked above. One that nothing watches is seen when its need is due.
            need_id = need_of(task["_id"])
            timed = need_id in watched or key_of_timer(str(need_id)) in timers["stations"]
        else:
            prefix = str(task["_id"]).rpartition("_")[0]
            keys = [f"{kind}:{task['_id']}{step}" for kind in (task["kind"], prefix) for step in ("", ":step")]
            timed = any(key in own for key in keys for own in timers.values())
        if not timed:
            yield f"{task['kind']} {task['_id']} is to {task['code']}, and no timer reminds of it"
