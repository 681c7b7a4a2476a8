"""The command that registers a donor."""

from typing import Final, Protocol

from services.charity.donors import erasure
from services.charity.donors.domain import Donor, require_born_donor, seal_donor
from shared.contracts.charity.donors import DonorAnswer, DonorDetails, DonorRegistered, RegisterDonor
from shared.engine import TURN, HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.decide.external_ids import Namer, name_load
from shared.people import Keeper, Marker, MarkKey, keep_person_name


class Vault(Namer, Keeper, MarkKey, Protocol):
    """The vault, as the registration of a donor needs it."""


def register_donor(message: Incoming[RegisterDonor], vault: Vault) -> Handling:
    """Register a donor in the area named, else in the actor's own. Answers DonorAnswer, without personal data.

    Raises Refused("invalid") for a birth in the future.
    """
    asked = message.data
    yield name_load(vault, message.actor.principal, "donor", asked.external_id)
    work = yield TURN
    require_born_donor(asked.details, work.now)
    donor = add_donor(work, asked.details, asked.area or message.actor.area, vault)
    keep_person_name(work, vault, "donor", donor.id, asked.external_id, record=donor)
    return DonorAnswer(id=donor.id, version=donor.version, area=donor.area)


def add_donor(work: UnitOfWork, person: DonorDetails, area: str, vault: Vault) -> Donor:
    """Store a new donor and emit its registration; a donation may bring its donor along."""
    donor_id = work.new_id("donor")
    donor = work.put(seal_donor(donor_id, person, area, vault=vault, marker=Marker(vault), now=work.now))
    work.emit(DonorRegistered(donor_id=donor.id, area=area), about=donor, area=area)
    return donor


HANDLERS: Final[HandlerTable] = {RegisterDonor: register_donor, **erasure.HANDLERS}
