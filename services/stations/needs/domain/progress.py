"""Progress: the answers of charity and volunteering, in any order and repeatedly; the highest version counts."""

from datetime import datetime

from services.stations.needs.domain.need import Need, with_facts
from shared.contracts.charity.linking import LinkSnapshot
from shared.contracts.volunteering.dispatch import StaffingSnapshot


def linked(need: Need, link: LinkSnapshot, now: datetime) -> Need:
    """Return the need with the amounts that charity holds for it; the need itself where a later answer is known."""
    if link.version <= need.link_version:
        return need
    amounts = {amount.line_id: amount for amount in link.amounts}
    # A line without an amount holds nothing: after a release the answer may leave it out.
    held = [amounts.get(line.id) for line in need.lines]
    return with_facts(
        need,
        now,
        link_version=link.version,
        # Before charity has heard of an amendment it may hold more than is asked for by now.
        committed=tuple(
            0 if amount is None else min(amount.committed, line.requested)
            for amount, line in zip(held, need.lines, strict=True)
        ),
        fulfilled=tuple(0 if amount is None else amount.fulfilled for amount in held),
        link_waiting=link.waiting,
    )


def staffed(need: Need, staffing: StaffingSnapshot, now: datetime) -> Need:
    """Return the need with the volunteers who come; the need itself where a later answer is known."""
    if staffing.version <= need.staffing_version:
        return need
    return with_facts(
        need,
        now,
        staffing_version=staffing.version,
        staffing=staffing.state,
        volunteers_confirmed=staffing.confirmed,
        checked_in=staffing.checked_in,
        checked_out=staffing.checked_out,
        staffing_waiting=staffing.waiting,
    )
