"""The erasure of a resident: out of household and relations, then the record goes with its key.

The id stays in the history and in needs, and leads to nobody.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from services.stations.erasures.domain import Erasure, ResidentErasureDue
from services.stations.erasures.handlers import keep_outcome
from services.stations.households.closed_stations import look_again
from services.stations.households.domain import Household, left_by
from services.stations.households.handlers import store_left
from services.stations.households.relating import RELATIONS, beside_loads, lose, settle, today
from services.stations.households.relations import ended
from services.stations.households.storage import RelationsTo, StandingRelations, Unreplaced
from services.stations.network.domain import Station
from services.stations.residents.care import follow_care
from services.stations.residents.domain import Resident, ResidentRecord, erased
from services.stations.residents.handlers import store_change
from services.stations.residents.policy import ResidentsPolicy
from services.stations.residents.profile import place_of
from shared.contracts.reasons import reason
from shared.contracts.stations.consents import ResidentConsentWithdrawn
from shared.contracts.stations.relations import RelationEnded
from shared.contracts.stations.residents import ResidentErased, ResidentParticulars
from shared.engine import Get, HandlerTable, Handling, Incoming, Load, Loading, UnitOfWork
from shared.people.erasing import ErasurePart, go_on
from shared.people.erasures import Erasures, FirstSteps, Taking
from shared.people.failed_commands import Traces, open_known
from shared.people.identities import identity_of
from shared.runtime.vault import Vault


@dataclass(frozen=True)
class _OutOfCare(FirstSteps[Resident]):
    """Nobody finds the resident from here on; household and relations end, a part of them in each step.

    For those whose carer, contact or guardian the resident was, somebody else is to be found within `replace_time`.
    """

    replace_time: timedelta

    def load(self, work: UnitOfWork, part: ErasurePart, person: Resident) -> Loading:  # noqa: ARG002
        own: tuple[Load, ...] = (StandingRelations(person.id), Unreplaced(person.id))
        home = () if person.household_id is None else (Get(Household, person.household_id),)
        work = yield [*own, RelationsTo(person.id), *home, Get(Station, person.station_id)]
        yield [load for one in work.find(RelationsTo(person.id)) for load in beside_loads(one.resident_id)]

    def take(self, work: UnitOfWork, part: ErasurePart, person: Resident) -> Taking:
        yield from ()
        found = (*work.find(StandingRelations(person.id)), *work.find(RelationsTo(person.id)))
        relations = {one.id: one for one in found}.values()
        if person.state == "erased" and not relations:
            return False
        for relation in relations:
            if relation.resident_id == person.id:
                RELATIONS.store(work, relation, ended(relation, "data_erased", today(work)), RelationEnded)
            else:
                lose(work, relation, "data_erased", self.replace_time)
        settle(work, (person.id,))
        if person.state != "erased":
            self._take_out(work, person)
        # Relations of others end, and stay theirs: no data of this person was in them.
        own = sum(one.resident_id == person.id for one in relations)
        go_on(work, part.counted("personal_record", own), ResidentErasureDue)
        return True

    def _take_out(self, work: UnitOfWork, person: Resident) -> None:
        household = None if person.household_id is None else work.get(Household, person.household_id)
        if household is not None and household.state == "standing":
            store_left(work, household, left_by(household, person.id, today(work)))
        if (record := work.get(ResidentRecord, person.id)) is not None:
            work.put(record.model_copy(update={"marks": ()}))
        look_again(work, person.station_id)
        store_change(work, person, erased(person), ResidentErased)
        # Ids that were merged into this one stand for themselves again.
        for one in identity_of(work, person.id).ids:
            follow_care(work, one)


def erase_resident(message: Incoming[ResidentErasureDue], vault: Vault, residents_policy: ResidentsPolicy) -> Handling:
    """End household, relations and consents, search the failed commands; then delete record, key and names."""
    return ERASURES.run_step(message, vault, _OutOfCare(residents_policy.replace_time))


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
