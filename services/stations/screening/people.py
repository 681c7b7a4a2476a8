"""People counted again after a merge, a parting, or a move of a screening: once in every place and period."""

from collections.abc import Iterable
from typing import ClassVar, Final

from services.stations.residents.consent import living_ids
from services.stations.residents.domain import Resident
from services.stations.screening.consent import survivor_loads
from services.stations.screening.domain.people import count_again, with_people
from services.stations.screening.domain.result import Examination
from services.stations.screening.domain.screening import Screening
from services.stations.screening.screenings import SCREENINGS
from services.stations.screening.storage import ExaminationsIn, ExaminationsUnder
from shared.contracts.messages import Timer
from shared.contracts.stations.screenings import ScreeningProgressed
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.engine.reminders import AT_ONCE
from shared.people.identities import Identity, all_ids, identity_load, identity_of


class PeopleToCount(Timer):
    """The ids of a resident were merged or parted, or a screening has moved: the person is counted again."""

    type: ClassVar[str] = "stations.people_to_count"
    id: str


class ScreeningMoved(Timer):
    """Another community has a screening: its people are counted again, of the examinations after `after`."""

    type: ClassVar[str] = "stations.screening_moved"
    id: str
    after: str = ""


def follow_move(work: UnitOfWork, screening_id: str, after: str = "") -> None:
    """Have the people of a screening counted again that has gone to another community."""
    work.remind(f"moved:{screening_id}", work.now + AT_ONCE, ScreeningMoved(id=screening_id, after=after))


def follow_moved(message: Incoming[ScreeningMoved]) -> Handling:
    """Have each of the people counted again, 50 a step: others may count them in the new community already."""
    search = ExaminationsIn(message.data.id, message.data.after)
    yield [search]
    work = yield TURN
    found = work.find(search)
    for one in found:
        work.remind(f"people:{one.resident_id}", work.now + AT_ONCE, PeopleToCount(id=one.resident_id))
    if len(found) == ExaminationsIn.limit:
        follow_move(work, message.data.id, found[-1].id)


def follow_identity(work: UnitOfWork, resident_id: str) -> None:
    """Have a resident counted again whose id has taken part in a merge. Needs `identity_load`."""
    if work.get(Identity, resident_id) is not None:
        work.remind(f"people:{resident_id}", work.now + AT_ONCE, PeopleToCount(id=resident_id))


def count_people(message: Incoming[PeopleToCount]) -> Handling:
    """Count the person once in every place and period, by the examinations under all ids. Repeated, it changes nothing.

    A count under an id that was erased stays.
    """
    person = message.data.id

    def load() -> Loading:
        work = yield [identity_load(person)]
        work = yield survivor_loads(work, person)
        search = _search(work, person)
        work = yield [search, *(Get(Resident, one) for one in all_ids(work, person))]
        yield [Get(Screening, one.screening_id) for one in work.find(search)]

    work = yield from take_turn(load)
    ids = all_ids(work, person)
    if identity_of(work, person).survivor not in (living := living_ids(work, ids)):
        return
    examinations = {one.id: one for one in work.find(_search(work, person))}
    changed: dict[str, Screening] = {}
    for key, counted in count_again(placed(work, examinations.values()), restores=living == ids).items():
        before = examinations[key]
        work.put(before.model_copy(update={"counted": counted}))
        screening = changed.get(before.screening_id) or work.get(Screening, before.screening_id)
        if screening is not None:
            changed[screening.id] = with_people(screening, before.counted, counted)
    for one, after in changed.items():  # two ids of one person may be of one screening
        SCREENINGS.store(work, work.require(Screening, one, "id"), after, ScreeningProgressed)


def placed(work: UnitOfWork, examinations: Iterable[Examination]) -> list[Examination]:
    """Return the examinations with the areas where they count now: a station's successor counts those that it took
    over. Needs the loads of their screenings.
    """
    both = ((one, work.get(Screening, one.screening_id)) for one in examinations)
    return [one if held is None else one.model_copy(update={"area": held.area}) for one, held in both]


def _search(work: UnitOfWork, person: str) -> ExaminationsUnder:
    return ExaminationsUnder(tuple(all_ids(work, person)))


HANDLERS: Final[HandlerTable] = {PeopleToCount: count_people, ScreeningMoved: follow_moved}
