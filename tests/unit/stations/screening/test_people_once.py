"""The people of screenings, each once over all of a place and a period: counted without a name, also after merges."""

from datetime import timedelta

import pytest
from residents_in_memory import CENTRE, ELM, OAK
from screening_in_memory import DAY, ScreeningInMemory

from services.stations.screening.domain.people import with_people
from services.stations.screening.domain.result import Examination, examination_id
from services.stations.screening.domain.screening import Screening
from services.stations.screening.people import PeopleToCount
from services.stations.screening.storage import ExaminationsIn
from shared.contracts.access import SYSTEM
from shared.contracts.persons import PersonReference
from shared.contracts.stations.consents import WithdrawResidentConsent
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.merges import MergeResidents, UnmergeResidents
from shared.contracts.stations.screenings import EndScreening
from shared.contracts.stations.succession import MergeStation

MINUTE = timedelta(minutes=1)
YEAR = {"year": (12,)}
HOME = 5
"""The place of the community among the numbers of a period; 0 is everywhere."""


@pytest.fixture
def town() -> ScreeningInMemory:
    return ScreeningInMemory()


def people(town: ScreeningInMemory, kind: str = "year", place: int = HOME) -> int:
    """The sum over all screenings, which are all within one year."""
    found = [one.new_people for one in town.engine.all(Screening) if one.new_people is not None]
    return sum((getattr(one, kind) or (0,) * 6)[place] for one in found)


def examined(town: ScreeningInMemory) -> int:
    return sum(one.examined for one in town.engine.all(Screening))


def another(town: ScreeningInMemory, days: int = 7) -> None:
    """End the screening, and begin another one after some days."""
    town.act(EndScreening, town.screening_id)
    town.engine.advance(days * DAY)
    town.running()


def merge(town: ScreeningInMemory, former: str, stays: str) -> None:
    town.engine.command(MergeResidents(resident_id=former, into_id=stays), actor=CENTRE)
    town.engine.advance(MINUTE)


def count_again(town: ScreeningInMemory, resident: str, nth: int = 0) -> None:
    timer = PeopleToCount(id=resident)
    (outcome,) = town.engine.batch(
        [town.engine.incoming("timer", timer, timer.type, f"{resident} {nth}", actor=SYSTEM)]
    )
    assert outcome.failure is None


def test_somebody_of_two_screenings_counts_once_in_the_year_and_in_each_of_the_two_days(
    town: ScreeningInMemory,
) -> None:
    ma, li = town.elder(), town.elder()
    for one in (ma, li):
        town.record(one, systolic_pressure=120)
    town.record(ma, fasting_glucose=50)
    another(town)
    town.record(ma, systolic_pressure=125)
    assert (examined(town), people(town), people(town, "day")) == (3, 2, 3)
    assert {people(town, place=place) for place in range(6)} == {2}


def test_somebody_of_two_communities_counts_in_both_and_once_in_their_street(town: ScreeningInMemory) -> None:
    ma = town.elder()
    town.record(ma, systolic_pressure=120)
    centre = town.open_street_centre()
    town.act(EndScreening, town.screening_id)
    town.begin(town.plan(CENTRE, station_id=centre).id, CENTRE)
    town.record(ma, CENTRE, systolic_pressure=125)
    held = town.engine.one(Screening, town.screening_id)
    assert (held.examined, held.new_people) == (1, None), "the street has counted the person"
    assert (people(town), people(town, place=4)) == (1, 1)


def take_over(town: ScreeningInMemory) -> None:
    """Have the station next door take over the running screening, end it, and begin another one."""
    town.act(MergeStation, town.station_id, CENTRE, into_id=town.next_door)
    town.engine.advance(DAY)
    town.act(EndScreening, town.screening_id, OAK)
    town.engine.advance(7 * DAY)
    town.begin(town.plan(OAK, station_id=town.next_door).id, OAK)


def test_somebody_of_a_screening_that_a_successor_took_over_counts_there_once(town: ScreeningInMemory) -> None:
    ma = town.elder()
    town.record(ma, systolic_pressure=120)
    take_over(town)
    town.record(ma, OAK, systolic_pressure=125)
    assert (people(town), people(town, "day")) == (1, 2)


def test_people_whom_the_successor_had_counted_before_count_there_once(
    town: ScreeningInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ExaminationsIn, "limit", 1)
    both = [town.elder(), town.elder()]
    here = town.screening_id
    town.begin(town.plan(OAK, station_id=town.next_door).id, OAK)
    next_door, town.screening_id = town.screening_id, here
    for one in both:
        town.record(one, systolic_pressure=120)
    assert (people(town), next_door != here) == (2, True)
    known = town.engine.one(Screening, next_door)
    for one in both:  # as if they had lived there when they were examined
        examination = town.engine.one(Examination, examination_id(here, one))
        twin = {"id": examination_id(next_door, one), "screening_id": next_door, "area": known.area, "counted": YEAR}
        town.engine.entities[Examination, twin["id"]] = examination.model_copy(update=twin)
    counted = with_people(with_people(known, {}, YEAR), {}, YEAR)
    town.engine.entities[Screening, next_door] = counted
    assert people(town) == 4
    take_over(town)
    assert people(town) == 2


def test_merged_ids_count_once_where_a_successor_took_over(town: ScreeningInMemory) -> None:
    former, stays = town.elder(), town.elder()
    town.record(former, systolic_pressure=120)
    take_over(town)
    town.record(stays, OAK, systolic_pressure=125)
    assert people(town) == 2
    merge(town, former, stays)
    assert people(town) == 1


def test_merged_ids_count_once_and_parted_ones_twice_again(town: ScreeningInMemory) -> None:
    former, stays = town.elder(), town.elder()
    town.record(former, systolic_pressure=120)
    another(town)
    town.record(stays, systolic_pressure=125)
    assert people(town) == 2
    merge(town, former, stays)
    assert (people(town), people(town, "day"), examined(town)) == (1, 2, 2)
    another(town)
    town.record(stays, systolic_pressure=130)
    assert people(town) == 1, "the examination under the other id is known"
    town.engine.command(UnmergeResidents(resident_id=former, reason_code="different_people"), actor=CENTRE)
    town.engine.advance(MINUTE)
    assert people(town) == 2


def test_counting_again_repeatedly_changes_nothing(town: ScreeningInMemory) -> None:
    former, stays = town.elder(), town.elder()
    for one in (former, stays):
        town.record(one, systolic_pressure=120)
    merge(town, former, stays)
    before = [one.version for one in town.engine.all(Screening)]
    for nth, one in enumerate((former, stays, former)):
        count_again(town, one, nth)
    assert people(town) == 1
    assert [one.version for one in town.engine.all(Screening)] == before


@pytest.mark.parametrize("erased", ["former", "stays"])
def test_an_erasure_takes_nobody_back_and_counts_nobody_twice(town: ScreeningInMemory, erased: str) -> None:
    both = {"former": town.elder(), "stays": town.elder()}
    town.record(both["former"], systolic_pressure=120)
    another(town)
    town.record(both["stays"], systolic_pressure=125)
    merge(town, both["former"], both["stays"])
    gone = (PersonReference(kind="resident", id=both[erased]),)
    town.engine.command(RequestErasure(people=gone, ground="purpose_ended", area=CENTRE.area))
    town.engine.advance(DAY)
    for one in both.values():
        count_again(town, one)
    assert people(town) == 1
    assert both[erased] not in {one.resident_id for one in town.engine.all(Examination)}


def test_somebody_who_withdraws_stays_counted(town: ScreeningInMemory) -> None:
    ma = town.elder()
    town.record(ma, systolic_pressure=120)
    (consent,) = (one for one in town.consents() if one.person_id == ma)
    town.engine.command(WithdrawResidentConsent(id=consent.id), actor=ELM)
    town.engine.advance(MINUTE)
    assert (people(town), town.engine.all(Examination)) == (1, [])
