"""The places of bookings, as a volunteer's document keeps them."""

from services.volunteering.matching.domain.places import find_place, places_in, write_place

HERE, THERE = (116.35125, 39.9342), (-0.5, 1e-05)
KEPT = (write_place("dsp_need_1.1", HERE), write_place("dsp_need_1.10", THERE))


def test_a_place_is_found_exactly_as_it_was_written() -> None:
    assert find_place(KEPT, "dsp_need_1.1") == HERE
    assert find_place(KEPT, "dsp_need_1.10") == THERE
    assert find_place(KEPT, "dsp_need_1") is None


def test_places_of_bookings_that_are_gone_are_left_out_and_the_others_stand_once() -> None:
    assert places_in((*KEPT, *KEPT), {"dsp_need_1.10"}) == (KEPT[1],)
