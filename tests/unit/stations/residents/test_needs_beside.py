"""Needs about the same residents, or about others of their households, are found: they may be one need twice."""

from datetime import date, timedelta
from typing import Any

import pytest
from residents_in_memory import CENTRE, ELM, NEXT_DOOR, OAK, ResidentsInMemory, audited, worker

from shared.contracts import Refused
from shared.contracts.stations.households import FormHousehold, MoveIn
from shared.contracts.stations.merges import MergeResidents
from shared.contracts.stations.need_residents import FindNeedsBeside

DAY = timedelta(days=1)
SINCE = date(2001, 5, 1)


class Couple(ResidentsInMemory):
    """Mrs Ma and Mr Wu, who live together, and Mr Lin next to them."""

    def __init__(self) -> None:
        super().__init__()
        self.ma = self.resident().id
        self.wu = self.resident(name="Wu Invented", phones=()).id
        self.lin = self.resident(name="Lin Invented", phones=()).id
        home = self.engine.command(FormHousehold(head_id=self.ma, since=SINCE), actor=ELM).id
        self.act(MoveIn, home, resident_id=self.wu, relation="spouse", since=SINCE)

    def need(self, *residents: str) -> str:
        due = self.engine.now + 2 * DAY
        return str(self.register(residents=residents, due=due, volunteers=None).id)

    def beside(self, *needs: str, actor: Any = ELM, days: int = 30) -> set[tuple[str, str, str]]:
        found = self.ask(FindNeedsBeside(need_ids=needs, since=self.engine.now - days * DAY), actor)
        return {(one.need_id, one.beside_id, one.shared) for one in found.items}


@pytest.fixture
def city() -> Couple:
    return Couple()


def test_two_members_of_one_household_have_one_need_perhaps(city: Couple) -> None:
    his, hers, other = city.need(city.wu), city.need(city.ma), city.need(city.lin)
    assert city.beside(hers) == {(hers, his, "household")}
    assert city.beside(other) == set()
    again = city.need(city.ma, city.lin)
    assert city.beside(again) == {(again, other, "resident"), (again, hers, "resident"), (again, his, "household")}
    assert city.beside(hers, other) == {
        (hers, again, "resident"),
        (hers, his, "household"),
        (other, again, "resident"),
    }


def test_a_person_is_found_under_every_id(city: Couple) -> None:
    first = city.need(city.lin)
    city.engine.command(MergeResidents(resident_id=city.lin, into_id=city.ma), actor=ELM)
    second, his = city.need(city.ma), city.need(city.wu)
    assert city.beside(second) == {(second, his, "household"), (second, first, "resident")}
    assert city.beside(his) == {(his, second, "household"), (his, first, "household")}


def test_older_needs_and_those_beyond_the_area_are_not_compared(city: Couple) -> None:
    hers = city.need(city.ma)
    city.engine.now += 31 * DAY
    his = city.need(city.wu)
    assert city.beside(his) == set()
    assert city.beside(his, days=60) == {(his, hers, "household")}
    assert city.beside(his, actor=OAK, days=60) == set()
    assert city.beside(his, "need_of_nobody", actor=CENTRE, days=60) == {(his, hers, "household")}


def test_the_question_is_on_record_and_for_those_who_see_residents(city: Couple) -> None:
    hers = city.need(city.ma)
    store = city.store
    city.ask(FindNeedsBeside(need_ids=(hers,), since=city.engine.now - DAY), ELM, store)
    assert {one for what, about in audited(store) if what == "needs_beside" for one in about} == {hers, city.ma}
    with pytest.raises(Refused, match="permission"):
        city.beside(hers, actor=worker("account_fir", NEXT_DOOR, "charity_officer"))
