"""The law of hours: the presence within the slot is credited and no more; a missing time waits for a statement."""

from collections.abc import Iterator
from datetime import timedelta
from math import ceil

from services.volunteering.timebank.domain.minting import ADJUSTED, CREDITS
from tests.city.store import Document
from tests.city.world import World


def find_wrong_credits(world: World) -> Iterator[str]:
    """Yield each service whose credit is not its presence within the slot, and each whose time nobody is to state."""
    minted: dict[str, list[int]] = {}
    transfers = world.rows("volunteering", "transfers")
    gone = {row["reverses"] for row in transfers.values()}
    for row in transfers.values():
        if row["reason"] in CREDITS and row["state"] == "posted" and row["_id"] not in gone:
            minted.setdefault(row["cause"], []).append(row["amount"])
    adjusted = {row["cause"] for row in transfers.values() if row["reason"] == ADJUSTED or row["reverses"]}
    for staffing in world.rows("volunteering", "staffings").values():
        short = dict(staffing.get("short", ()))
        for dispatch in staffing["dispatches"]:
            minutes = count_presence(staffing, dispatch) if dispatch["state"] == "credited" else 0
            if dispatch["id"] in adjusted:
                minutes = dispatch["minutes"] + short.get(dispatch["id"], 0)
            earned = [minutes] if minutes else []
            if minted.pop(dispatch["id"], []) != earned:
                yield f"dispatch {dispatch['id']} has earned {earned} and was credited otherwise"
            if is_unstated(dispatch) and not (dispatch.get("hours_due") and staffing.get("watch_at")):
                yield f"dispatch {dispatch['id']} waits for a statement of its time, and nobody is reminded"
    yield from (f"{dispatch} was credited and has earned nothing" for dispatch in minted)


def count_presence(staffing: Document, dispatch: Document) -> int:
    """Return the minutes of the presence within the slot, as volunteering's policy is unless it is set."""
    begins = max(dispatch["checked_in_at"], staffing["starts_at"])
    ends = min(dispatch["checked_out_at"], staffing["ends_at"] + timedelta(minutes=10))
    minutes: int = max(0, min(ceil((ends - begins) / timedelta(minutes=1)), 480))
    return minutes


def is_unstated(dispatch: Document) -> bool:
    """Return whether nobody knows yet how long the volunteer served."""
    return dispatch["state"] == "checked_out" and dispatch.get("checked_out_at") is None
