"""A volunteer who has been inactive for years and has an hour to spend, as the retention finds one."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway_stack import RunningGateway, until

from services.volunteering.people.inactive import InactiveWithHours
from services.volunteering.timebank.domain.minting import new_account


def open_inactivity(gateway: RunningGateway, volunteer_id: str, area: str) -> str:
    """Have the service look at the volunteer as in four years; return the id of the inactivity."""
    account = new_account(volunteer_id, area).model_copy(update={"credits_posted": 60, "version": 1})
    asked = InactiveWithHours(volunteer_id=volunteer_id, cutoff=datetime.now(UTC) + timedelta(days=1461))
    timer: dict[str, Any] = {
        "_id": f"inactive_hours:{volunteer_id}", "due": datetime.now(UTC), "type": asked.type,
        "data": asked.model_dump(mode="json"), "correlation": volunteer_id, "traceparent": "", "attempts": 0,
    }  # fmt: skip
    with gateway.database("volunteering") as database:
        database["accounts"].insert_one(account.to_document())
        database["timers"].insert_one(timer)
        found = until(
            lambda: database["inactivities"].find_one({"volunteer_id": volunteer_id}), "somebody is to decide"
        )
        # The laws may be checked afterwards, and nobody has minted the hour.
        database["accounts"].delete_one({"_id": account.id})
    return str(found["_id"])
