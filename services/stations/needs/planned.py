"""The needs of care plans, for the capability of plans: made once, moved and called off, each with its event."""

from datetime import datetime

from pydantic_core import from_json

from services.stations.needs.announcing import announce, remind
from services.stations.needs.domain.cancellation import cancelled
from services.stations.needs.domain.deadline import find_next_deadline
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.planned import VisitRequest, called_off, is_at, moved, planned
from services.stations.needs.domain.text import NeedText, copy_text, place_of
from services.stations.needs.policy import NeedsPolicy
from shared.contracts.stations.amending import NeedAmended
from shared.engine import UnitOfWork
from shared.people.reading import loaded_keys
from shared.runtime.vault import Vault


def make_need(
    work: UnitOfWork, vault: Vault, request: VisitRequest, need_id: str, *, text: NeedText, policy: NeedsPolicy
) -> Need:
    """Store and publish the need of a visit, with the title and the exact place of `text`, sealed for it alone.

    The key of `text` must be loaded. Raises Refused("wrong_state") for a visit that is over.
    """
    need = planned(request, need_id, work.now)
    sealed = loaded_keys(work, vault, text.id, text).open(text.asked, text.id, *place_of(text.id, "asked"))
    work.put(copy_text(need_id, text, from_json(sealed), vault))
    return announce(work, need, None, policy)


def move_need(work: UnitOfWork, need: Need, starts_at: datetime, ends_at: datetime, policy: NeedsPolicy) -> Need:
    """Amend the need to the slot: its volunteers are asked again. One that is there already stays as it is.

    Raises Refused as an amendment does.
    """
    if is_at(need, starts_at, ends_at):
        return need
    stored = announce(work, moved(need, starts_at, ends_at, work.now), need, policy, NeedAmended)
    remind(work, stored, find_next_deadline(stored, policy.periods) or stored.due)
    return stored


def call_off_need(work: UnitOfWork, need: Need, policy: NeedsPolicy) -> Need:
    """Cancel the need of a visit. Raises Refused as a cancellation does."""
    return announce(work, called_off(need, work.now), need, policy)


def take_over_draft(work: UnitOfWork, need: Need, policy: NeedsPolicy) -> None:
    """Cancel a draft whose home a plan visits from now on; a need in any other state goes its way."""
    if need.state == "draft":
        announce(work, cancelled(need, work.now, "served_otherwise"), need, policy)
