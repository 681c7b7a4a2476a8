"""A need that was unmet or cancelled is open again: released amounts are searched for once more."""

from charity_in_memory import COMMUNITY, HOUR, RICE, CharityInMemory, rice


def stock(charity: CharityInMemory) -> tuple[int, int]:
    account = charity.account(f"stock:st_{COMMUNITY}:{RICE}")
    return account.balance, account.debits_pending


def test_what_is_free_is_held_again_and_the_need_waits_for_the_rest(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 2)
    charity.publish("need_1", rice(3))
    charity.unmet("need_1", rice(3))
    assert stock(charity) == (2, 0)
    charity.reopen("need_1", rice(3))
    assert charity.committed("need_1") == [2]
    charity.donate(COMMUNITY, 1)
    assert charity.committed("need_1") == [3]
    told = [event.version for event in charity.engine.events if event.subject == "need_1"]
    assert told == sorted(set(told))


def test_what_another_need_has_by_now_stays_with_it(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 3)
    charity.publish("need_1", rice(3))
    charity.publish("need_2", rice(3))
    charity.cancel("need_1", rice(3))
    charity.reopen("need_1", rice(3))
    assert (charity.committed("need_2"), charity.committed("need_1")) == ([3], [0])


def test_a_reopening_that_overtakes_the_end_keeps_what_is_held(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 3)
    charity.publish("need_1", rice(3))
    charity.reopen("need_1", rice(3))
    charity.unmet("need_1", rice(3))
    assert charity.committed("need_1") == [3]
    charity.unmet("need_1", rice(3), version=11)
    assert charity.link("need_1").state == "released"


def test_a_reopened_need_holds_a_part_until_its_new_due_time_is_near(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 3)
    whole = rice(5).model_copy(update={"divisible": False})
    charity.publish("need_1", whole)
    charity.engine.advance(8 * HOUR)
    assert charity.committed("need_1") == [0]
    charity.unmet("need_1", whole)
    charity.reopen("need_1", whole, due=charity.engine.now + 4 * HOUR)
    assert charity.committed("need_1") == [3]
    charity.engine.advance(3 * HOUR)
    assert charity.committed("need_1") == [0]


def test_a_reopening_that_arrives_after_the_next_end_holds_nothing(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 3)
    charity.publish("need_1", rice(3))
    charity.unmet("need_1", rice(3))
    charity.cancel("need_1", rice(3), version=11)
    charity.reopen("need_1", rice(3), version=10)
    assert (charity.link("need_1").state, stock(charity)) == ("released", (3, 0))
