"""The visits of a care plan to one home: the carer whom the home knows is asked first and alone, then others."""

from volunteering_in_memory import HOUR, NEIGHBOUR, VolunteeringInMemory

DAY = 24 * HOUR
WEEK = 7 * DAY


def visit(service: VolunteeringInMemory, need: str, week: int, home: str = "home_1", headcount: int = 1) -> None:
    """Publish the need of a visit in the n-th week, at 10:00."""
    service.publish(need, headcount, starts=HOUR + week * WEEK, series=home)


def asked(service: VolunteeringInMemory, need: str) -> list[str]:
    return [row.volunteer_id for row in service.dispatches(need, "offered")]


def come(service: VolunteeringInMemory, need: str, volunteer: str) -> None:
    """Have the volunteer take the visit alone, and come."""
    for row in service.dispatches(need, "offered"):
        if row.volunteer_id == volunteer:
            service.accept(row.id)
    service.serve(need)


def test_the_carer_who_came_before_is_asked_alone_although_others_live_nearer(service: VolunteeringInMemory) -> None:
    carer = service.volunteer(NEIGHBOUR)
    visit(service, "need_1", 0)
    come(service, "need_1", carer)
    nearer = service.volunteer()
    visit(service, "need_2", 1)
    assert asked(service, "need_2") == [carer]
    (offer,) = service.dispatches("need_2", "offered")
    assert offer.why.code == "chosen_as_carer"
    service.decline(offer.id)
    assert asked(service, "need_2") == [nearer], "others are asked as usual"
    assert service.dispatches("need_2", "offered")[0].why.code == "chosen_by_points"
    assert service.broken_laws() == []


def test_a_carer_with_standing_acceptance_is_confirmed_before_others(service: VolunteeringInMemory) -> None:
    carer = service.volunteer(NEIGHBOUR, standing=True)
    visit(service, "need_1", 0)
    service.serve("need_1")
    service.volunteer(standing=True)
    visit(service, "need_2", 1)
    assert [(row.volunteer_id, row.why.code) for row in service.dispatches("need_2", "accepted")] == [
        (carer, "chosen_as_carer")
    ]


def test_somebody_who_has_promised_the_visit_before_is_preferred_for_the_next_one(
    service: VolunteeringInMemory,
) -> None:
    first = service.volunteer()
    visit(service, "need_1", 1)
    service.accept(service.dispatches("need_1", "offered")[0].id)
    service.volunteer()
    visit(service, "need_2", 2)
    assert asked(service, "need_2") == [first]


def test_a_substitute_of_one_visit_does_not_take_the_carer_s_place(service: VolunteeringInMemory) -> None:
    carer = service.volunteer()
    for week in (0, 1):
        visit(service, f"need_{week}", week)
        come(service, f"need_{week}", carer)
    visit(service, "need_2", 2)
    substitute = service.volunteer()
    service.decline(service.dispatches("need_2", "offered")[0].id)
    assert asked(service, "need_2") == [substitute]
    come(service, "need_2", substitute)
    visit(service, "need_3", 3)
    assert asked(service, "need_3") == [carer]


def test_a_carer_who_is_booked_then_is_passed_over(service: VolunteeringInMemory) -> None:
    carer = service.volunteer()
    visit(service, "need_1", 0)
    come(service, "need_1", carer)
    visit(service, "elsewhere", 1, home="home_2")
    service.accept(service.dispatches("elsewhere", "offered")[0].id)
    other = service.volunteer()
    visit(service, "need_2", 1)
    assert asked(service, "need_2") == [other]
    assert service.broken_laws() == []


def test_the_carer_of_one_home_is_nobody_s_carer_elsewhere(service: VolunteeringInMemory) -> None:
    carer = service.volunteer(NEIGHBOUR)
    visit(service, "need_1", 0)
    come(service, "need_1", carer)
    nearer = service.volunteer()
    visit(service, "need_2", 1, home="home_2")
    assert asked(service, "need_2") == [nearer]
    assert service.staffing("need_2").carers == ()
    service.publish("need_3", starts=HOUR + 2 * WEEK)
    assert service.staffing("need_3").carers == ()


def test_of_two_people_the_carer_is_asked_first_and_others_beside(service: VolunteeringInMemory) -> None:
    carer = service.volunteer(NEIGHBOUR)
    visit(service, "need_1", 0)
    come(service, "need_1", carer)
    nearer = service.volunteer()
    visit(service, "need_2", 1, headcount=2)
    assert set(asked(service, "need_2")) == {carer, nearer}
