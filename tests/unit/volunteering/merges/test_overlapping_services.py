"""Two ids of one person served at the same time before they were merged: the minutes are credited once."""

import pytest
from volunteering_in_memory import HOUR, VolunteeringInMemory

from services.volunteering.merges import overlaps
from services.volunteering.timebank.crediting import OverlapsDue
from services.volunteering.timebank.domain.minting import account_id
from services.volunteering.timebank.domain.overlaps import Presence, find_doubles
from shared.contracts.volunteering.timebank import HoursCorrected
from shared.ledger.core import Account, Transfer

Served = tuple[VolunteeringInMemory, str, str]


@pytest.fixture
def served() -> Served:
    """Somebody who is registered twice and served twice: 9 to 11 and 10 to 12 o'clock."""
    service = VolunteeringInMemory()
    old, new = service.volunteer(), service.volunteer()
    first = service.promise("need_1", old, starts=HOUR, lasts=4 * HOUR)
    second = service.promise("need_2", new, starts=HOUR, lasts=4 * HOUR)
    service.wait(HOUR)
    service.check_in(first)
    service.wait(HOUR)
    service.check_in(second)
    service.wait(HOUR)
    service.check_out(first)
    service.wait(HOUR)
    service.check_out(second)
    return service, old, new


def merge(service: VolunteeringInMemory, old: str, new: str) -> None:
    service.merge(old, new)
    service.wait()


def test_of_two_credited_services_the_common_hour_is_taken_back_and_given_back_by_the_undoing(served: Served) -> None:
    service, old, new = served
    service.confirm("need_1")
    service.confirm("need_2")
    assert (service.minutes(old), service.minutes(new)) == (120, 120)
    merge(service, old, new)
    assert (service.minutes(old), service.minutes(new)) == (120, 60), "the one that was credited later gives way"
    assert service.broken_laws() == []
    service.unmerge(old)
    service.wait()
    assert (service.minutes(old), service.minutes(new)) == (120, 120)
    reasons = [row.reason for row in service.engine.all(Transfer) if row.reason != "service_confirmed"]
    assert reasons == ["overlap_taken_back", "overlap_given_back"]
    events = service.engine.emitted(HoursCorrected)
    assert [(e.need_id, e.volunteer_id, e.minutes, e.balance_minutes) for e in events] == [
        ("need_2", new, -60, 60),
        ("need_2", new, 60, 120),
    ]


def test_minutes_that_are_spent_are_waited_for_and_compared_again_by_no_timer(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, old, new = served
    service.confirm("need_1")
    service.confirm("need_2")
    account = service.engine.one(Account, account_id(new))
    service.engine.entities[Account, account.id] = account.model_copy(update={"debits_posted": 120})
    monkeypatch.setattr(overlaps, "MOST_CORRECTED", 0)  # as if there were more than one step corrects
    merge(service, old, new)
    assert not any(isinstance(due, OverlapsDue) for _, due in service.engine.timers.values())
    assert service.engine.emitted(HoursCorrected) == []


@pytest.mark.parametrize("before", [0, 1])
def test_a_service_that_is_confirmed_after_the_merge_is_credited_without_the_common_hour(
    served: Served, before: int
) -> None:
    service, old, new = served
    needs = ["need_1", "need_2"]
    for need in needs[:before]:
        service.confirm(need)
    merge(service, old, new)
    for need in needs[before:]:
        service.confirm(need)
    service.wait()
    assert service.minutes(old) + service.minutes(new) == 180
    assert service.broken_laws() == []


def test_services_one_after_the_other_are_credited_in_full() -> None:
    service = VolunteeringInMemory()
    old, new = service.volunteer(), service.volunteer()
    service.promise("need_1", old, starts=HOUR, lasts=HOUR)
    service.promise("need_2", new, starts=2 * HOUR, lasts=HOUR)
    for need in ("need_1", "need_2"):
        service.serve(need)
        service.confirm(need)
    merge(service, old, new)
    assert (service.minutes(old), service.minutes(new)) == (60, 60)
    assert service.engine.emitted(HoursCorrected) == []


def test_merged_parted_and_merged_again_the_hour_is_taken_back_once(served: Served) -> None:
    service, old, new = served
    service.confirm("need_1")
    service.confirm("need_2")
    for _ in range(3):
        merge(service, old, new)
        assert service.minutes(old) + service.minutes(new) == 180
        service.unmerge(old)
        service.wait()
        assert service.minutes(old) + service.minutes(new) == 240
    assert service.broken_laws() == []


def test_in_a_chain_each_minute_is_credited_once_whatever_the_order_of_the_undoings(served: Served) -> None:
    service, old, new = served
    service.confirm("need_1")
    service.confirm("need_2")
    last = service.volunteer()
    merge(service, old, new)
    merge(service, new, last)
    assert service.minutes(old) + service.minutes(new) == 180
    service.unmerge(new)
    service.wait()
    assert service.minutes(old) + service.minutes(new) == 180, "the two are one person still"
    service.unmerge(old)
    service.wait()
    assert service.minutes(old) + service.minutes(new) == 240


def presence(account: str, dispatch: str, begins: int, ends: int) -> Presence:
    return Presence(account, dispatch, ends - begins, ends * 60)


@pytest.mark.parametrize(
    ("services", "doubles"),
    [
        ([("a", 0, 60), ("b", 0, 60)], {"1": 60}),
        ([("a", 0, 60), ("b", 60, 120)], {}),
        ([("a", 0, 120), ("b", 0, 60), ("c", 60, 120)], {"1": 60, "2": 60}),
        ([("a", 0, 60), ("b", 30, 90), ("c", 30, 100)], {"1": 30, "2": 60}),
        ([("a", 0, 60), ("a", 30, 90)], {}),
    ],
)
def test_a_minute_counts_for_the_service_that_was_credited_first(
    services: list[tuple[str, int, int]], doubles: dict[str, int]
) -> None:
    found = [presence(account, str(nth), begins, ends) for nth, (account, begins, ends) in enumerate(services)]
    assert find_doubles(found, begun_minutes_count=True) == doubles


def test_a_begun_minute_that_is_not_covered_counts_as_the_city_has_it() -> None:
    services = [Presence("a", "0", 10, 600), Presence("b", "1", 10, 630)]
    assert find_doubles(services, begun_minutes_count=True) == {"1": 9}
    assert find_doubles(services, begun_minutes_count=False) == {"1": 10}
