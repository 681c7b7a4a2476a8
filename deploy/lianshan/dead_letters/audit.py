"""Who has seen or changed a dead letter, when and why: kept with the other audits of the service that it belongs to."""

from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from deploy.lianshan.dead_letters.queues import Letter


def record(store: Any, letter: Letter, what: str, *, who: str, why: str, was: str = "", now: str = "") -> None:
    """Write it before anything is shown or sent. `was` and `now` are hashes of bodies, never the bodies."""
    row = {"_id": ObjectId(), "who": who[:200], "what": what, "about": [letter.id], "at": datetime.now(UTC)}
    row |= {"why": why[:500], "queue": letter.queue}
    if was:
        row |= {"was": was, "now": now}
    store["audit"].insert_one(row)
