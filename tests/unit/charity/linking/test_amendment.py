"""A need that was amended: a surplus is given back and offered on, an increase is searched for."""

from charity_in_memory import COMMUNITY, NEIGHBOUR, OTHER_DISTRICT, OTHER_STREET, CharityInMemory, money, oil, rice

from shared.contracts.charity.linking import ResourcesReleased
from shared.contracts.charity.stock import ShareStock


def test_ten_instead_of_a_hundred_leaves_ninety_to_the_next_in_line(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 100)
    charity.publish("need_1", rice(100))
    charity.publish("need_2", rice(90))
    assert (charity.committed("need_1"), charity.committed("need_2")) == ([100], [0])
    charity.amend("need_1", rice(10))
    assert (charity.committed("need_1"), charity.committed("need_2")) == ([10], [90])
    assert charity.broken_laws() == []


def test_what_came_from_farthest_is_given_back_first(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 2)
    charity.donate(OTHER_STREET, 3)
    charity.publish("need_1", rice(5))
    charity.amend("need_1", rice(4))
    assert charity.rings("need_1") == [("station", 2), ("district", 2)]
    charity.amend("need_1", rice(1), version=6)
    assert charity.rings("need_1") == [("station", 1)]
    assert (charity.available(COMMUNITY), charity.available(OTHER_STREET)) == (1, 3)
    assert [(one.ring, one.gave) for one in charity.link("need_1").tried] == [("station", 1)]


def test_more_is_searched_for_and_the_rest_waits(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    charity.publish("need_1", rice(3))
    charity.amend("need_1", rice(9))
    assert (charity.committed("need_1"), charity.state("need_1")) == ([5], "partial")
    charity.donate(COMMUNITY, 4)
    assert (charity.committed("need_1"), charity.state("need_1")) == ([9], "committed")


def test_a_line_is_dropped_and_another_is_linked_in_its_place(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    charity.donate(COMMUNITY, 5, "shampoo", "bottle")
    charity.publish("need_1", rice(3), rice(1, "l2"))
    charity.amend("need_1", rice(3), oil(2, "l3"))
    link = charity.link("need_1")
    assert [(line.line_id, line.committed) for line in link.lines] == [("l1", 3), ("l3", 2)]
    assert charity.available(COMMUNITY) == 2
    charity.confirm("need_1", rice(3), oil(2, "l3"), delivered=(3, 1))
    assert [line.fulfilled for line in charity.link("need_1").lines] == [3, 1]


def test_a_need_without_lines_any_more_holds_nothing_and_may_ask_again(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    charity.publish("need_1", rice(3))
    charity.amend("need_1")
    assert (charity.state("need_1"), charity.available(COMMUNITY)) == ("released", 5)
    assert charity.engine.emitted(ResourcesReleased)
    charity.amend("need_1", rice(2, "l2"), version=6)
    assert (charity.state("need_1"), charity.committed("need_1")) == ("committed", [2])


def test_all_lines_dropped_before_the_publication_arrives_links_nothing(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    charity.amend("need_1")
    charity.publish("need_1", rice(3))
    assert (charity.state("need_1"), charity.available(COMMUNITY)) == ("released", 5)


def test_an_amendment_of_a_need_that_never_had_lines_does_not_concern_charity(charity: CharityInMemory) -> None:
    charity.amend("need_1", amended=("headcount",))
    assert charity.engine.events == []


def test_an_amendment_of_people_alone_changes_no_link(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    charity.publish("need_1", rice(3))
    told = len(charity.engine.events)
    charity.amend("need_1", rice(3), version=6, amended=("headcount", "slot", "title"))
    assert len(charity.engine.events) == told


def test_another_station_keeps_what_its_needs_may_draw_on(charity: CharityInMemory) -> None:
    near, far = charity.open_fund(COMMUNITY, 100), charity.open_fund("1101", 50)
    charity.donate(COMMUNITY, 2)
    charity.publish("need_1", rice(2), money(120, "l2"))
    assert charity.committed("need_1") == [2, 120]
    charity.amend("need_1", rice(2), money(120, "l2"), area=NEIGHBOUR, amended=("station",))
    assert charity.committed("need_1") == [2, 50], "the fund of the community serves the needs inside it"
    assert charity.rings("need_1") == [("street", 2), ("city", 20), ("city", 30)]
    assert {charity.account(f"fund:{fund}:CNY").available for fund in (near, far)} == {100, 0}
    assert charity.broken_laws() == []
    charity.confirm("need_1", rice(2), money(120, "l2"), area=NEIGHBOUR, delivered=(2, 50))
    assert charity.account(f"used:{NEIGHBOUR}:CNY").balance == 50


def test_stock_that_its_station_keeps_to_itself_stays_when_the_need_moves(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 4)
    charity.publish("need_1", rice(4))
    share = {"station_id": f"st_{COMMUNITY}", "station_area": COMMUNITY, "item": "quilt"}
    charity.engine.command(ShareStock.model_validate({**share, "sharing": "own"}))
    charity.amend("need_1", rice(4), area=OTHER_DISTRICT, amended=("station",))
    assert (charity.committed("need_1"), charity.available(COMMUNITY)) == ([0], 4)


def test_an_older_amendment_that_arrives_later_changes_nothing(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 9)
    charity.publish("need_1", rice(5))
    charity.amend("need_1", rice(2), version=6)
    charity.amend("need_1", rice(8), version=5)
    assert charity.committed("need_1") == [2]


def test_a_confirmation_that_overtakes_the_amendment_counts_its_lines(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 9)
    charity.publish("need_1", rice(5), rice(1, "l2"))
    charity.publish("need_2", rice(7))
    charity.confirm("need_1", rice(2), delivered=(2,), version=7)
    charity.amend("need_1", rice(2), version=6)
    assert [(line.line_id, line.fulfilled) for line in charity.link("need_1").lines] == [("l1", 2)]
    assert charity.committed("need_2") == [7]


def test_a_need_whose_triage_is_overridden_is_served_before_those_with_a_lower_score(charity: CharityInMemory) -> None:
    charity.publish("need_1", rice(5), score=50)
    charity.publish("need_2", rice(5), score=10)
    charity.amend("need_2", rice(5), amended=("triage",), amended_for="immediate_danger", score=95)
    charity.donate(COMMUNITY, 5)
    assert (charity.committed("need_1"), charity.committed("need_2")) == ([0], [5])
    assert charity.broken_laws() == []


def test_an_older_score_that_comes_late_changes_nothing(charity: CharityInMemory) -> None:
    charity.amend("need_1", rice(5), version=6, amended=("triage",), amended_for="immediate_danger", score=95)
    charity.publish("need_1", rice(5), score=10)
    charity.amend("need_1", rice(5), version=5, amended=("triage",), amended_for="support_found", score=20)
    assert charity.link("need_1").priority == 95
