"""The list of balances has one row for one person, after any merges of ids."""

import pytest

from services.gateway.features.merges.identities import Known
from services.gateway.features.timebank.answer import BalanceAnswer, sum_up
from services.gateway.features.timebank.view import TimebankView

PERSON = Known("vol_new", 3, ("vol_old", "vol_older"))


def account(volunteer: str, minutes: int, hour: int) -> TimebankView:
    return TimebankView(
        id=volunteer, seen=2, area="110102009", balance_minutes=minutes, credited_at=f"2026-03-02T{hour:02}:00:00+00:00"
    )


def rows(*listed: TimebankView, all_of: tuple[TimebankView, ...]) -> list[BalanceAnswer]:
    known = dict.fromkeys(PERSON.ids, PERSON)
    return sum_up(listed, known, {view.id: view for view in all_of})


def test_one_person_has_one_row_with_the_sum_of_all_accounts() -> None:
    old, new, other = account("vol_old", 60, 9), account("vol_new", 30, 8), account("vol_other", 5, 7)
    found = rows(new, old, other, all_of=(old, new))
    assert [(row.volunteer_id, row.balance_minutes, row.version) for row in found] == [
        ("vol_new", 90, 4),
        ("vol_other", 5, 2),
    ]
    assert found[0].credited_at == old.credited_at


@pytest.mark.parametrize("page", [["vol_old"], ["vol_older"], ["vol_older", "vol_old"]])
def test_where_only_merged_ids_have_an_account_the_person_is_on_one_page_alone(page: list[str]) -> None:
    accounts = {name: account(name, 10, 9) for name in ("vol_old", "vol_older")}
    found = rows(*(accounts[name] for name in page), all_of=tuple(accounts.values()))
    expected = [("vol_new", 20)] if "vol_old" in page else []
    assert [(row.volunteer_id, row.balance_minutes) for row in found] == expected


def test_after_the_merge_is_undone_there_are_two_rows() -> None:
    found = sum_up([account("vol_old", 60, 9), account("vol_new", 30, 8)], {"vol_old": Known("vol_old", 4)}, {})
    assert [(row.volunteer_id, row.balance_minutes) for row in found] == [("vol_old", 60), ("vol_new", 30)]
