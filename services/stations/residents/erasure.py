"""The erasure of a resident: the record goes with its key. The id stays in the history, and leads to nobody."""

from typing import Final

from services.stations.erasures.domain import Erasure, ResidentErasureDue
from services.stations.erasures.handlers import keep_outcome
from services.stations.residents.domain import Resident, ResidentRecord, erased
from services.stations.residents.handlers import RESIDENTS
from services.stations.residents.profile import place_of
from shared.contracts.reasons import reason
from shared.contracts.stations.consents import ResidentConsentWithdrawn
from shared.contracts.stations.residents import ResidentErased, ResidentParticulars
from shared.engine import HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.decide.loads import Get
from shared.people.erasing import ErasurePart, go_on
from shared.people.erasures import Erasures, FirstSteps, Taking
from shared.people.failed_commands import Traces, open_known
from shared.people.identities import identity_of
from shared.runtime.vault import Vault


class _OutOfCare(FirstSteps[Resident]):
    """Nobody finds the resident from here on, and nothing is written about them any more."""

    def take(self, work: UnitOfWork, part: ErasurePart, person: Resident) -> Taking:
        yield from ()
        if person.state == "erased":
            return False
        if (record := work.get(ResidentRecord, person.id)) is not None:
            work.put(record.model_copy(update={"marks": ()}))
        work.put(identity_of(work, person.id))
        RESIDENTS.store(work, person, erased(person), ResidentErased)
        go_on(work, part, ResidentErasureDue)
        return True


def erase_resident(message: Incoming[ResidentErasureDue], vault: Vault) -> Handling:
    """End the consents, search the failed commands; then delete record, key and names, and answer."""
    return ERASURES.run_step(message, vault, _OutOfCare())


def _find_traces(work: UnitOfWork, vault: Vault, record: ResidentRecord) -> Traces:
    text = open_known(work, vault, record.id, record.profile, *place_of(record.id))
    if not text:
        return Traces(record.id)
    person = ResidentParticulars.model_validate_json(text)
    numbers = (*person.phones, *((person.identity_number,) if person.identity_number else ()))
    return Traces(record.id, tuple((number,) for number in numbers), person.name)


ERASURES: Final = Erasures(
    kind="resident",
    person=Resident,
    record=ResidentRecord,
    due=ResidentErasureDue,
    withdrawn=ResidentConsentWithdrawn,
    tell=keep_outcome,
    traces=_find_traces,
    kept=(reason("kept_resident_nameless"),),
    loads=lambda part: (Get(Erasure, part.erasure_id),),
)
HANDLERS: Final[HandlerTable] = {ResidentErasureDue: erase_resident}
