"""The command that registers a donor."""

from typing import Final

from services.charity.donors.domain import Donor, Sealer, seal_donor
from shared.contracts.charity.donors import DonorAnswer, DonorRegistered, RegisterDonor
from shared.engine import TURN, HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.decide.external_ids import Namer, keep_name, name_load


def register_donor(message: Incoming[RegisterDonor], vault: Namer) -> Handling:
    """Register a donor. Answers DonorAnswer: nothing about the person."""
    external_id = message.data.external_id
    yield name_load(vault, message.actor.principal, "donor", external_id)
    work = yield TURN
    donor = add_donor(work, message.data.name, message.data.phone, vault)
    keep_name(work, vault, "donor", donor.id, external_id)
    return DonorAnswer(id=donor.id, version=donor.version)


def add_donor(work: UnitOfWork, name: str, phone: str | None, vault: Sealer) -> Donor:
    """Store a new donor and emit its registration; a donation may bring its donor along."""
    donor = work.put(seal_donor(work.new_id("donor"), name, phone, vault, work.now))
    # Without an area: an event that places a donor would reveal something about the person.
    work.emit(DonorRegistered(donor_id=donor.id), about=donor, area="")
    return donor


HANDLERS: Final[HandlerTable] = {RegisterDonor: register_donor}
