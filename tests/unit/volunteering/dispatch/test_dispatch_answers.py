"""A staffing and its dispatches as queries and commands answer them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.volunteering.dispatch.domain.answers import dispatch_answer, staffing_answer
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from shared.contracts.need_parts import Tried, Waiting
from shared.contracts.reasons import reason
from shared.contracts.volunteering.dispatch import DispatchAnswer, DispatchState
from shared.engine.decide.memory import START

SHANGHAI = timezone(timedelta(hours=8))
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def dispatch(nth: int, state: DispatchState) -> Dispatch:
    return Dispatch(
        id=f"dsp_need_1.{nth}", version=nth, volunteer_id=f"vol_{nth}", state=state, ring="street", wave=nth + 1,
        standing=nth % 2 == 0, minutes=nth * 10, why=reason("chosen_by_points", points=nth),
    )  # fmt: skip


def staffing(*dispatches: Dispatch) -> Staffing:
    return Staffing(
        id="need_1", version=7, area="110102009017", place=(116.3, 39.9), tags=("any",), older_old=False, headcount=5,
        starts_at=(START + HOUR).astimezone(SHANGHAI), ends_at=(START + 3 * HOUR).astimezone(SHANGHAI), score=50,
        state="offered", dispatches=dispatches,
        tried=(Tried(ring="street", gave=2, reasons=(reason("booked_then"),)),),
        waiting=(
            Waiting(for_what=reason("for_people", missing=1), reason=reason("nobody_free"), next_step=reason("again")),
        ),
    )  # fmt: skip


def test_a_dispatch_is_answered_with_its_person_its_place_in_the_search_and_the_slot_of_its_need() -> None:
    one = dispatch(3, "credited").model_copy(
        update={
            "checked_in_at": (START + HOUR).astimezone(SHANGHAI), "checked_out_at": (START + 2 * HOUR),
        }
    )  # fmt: skip
    assert dispatch_answer(staffing(one), one) == DispatchAnswer(
        id="dsp_need_1.3", version=3, need_id="need_1", volunteer_id="vol_3", state="credited", ring="street", wave=4,
        standing=False, starts_at=START + HOUR, ends_at=START + 3 * HOUR, expires_at=None,
        checked_in_at=START + HOUR, checked_out_at=START + 2 * HOUR, minutes=30,
        why=reason("chosen_by_points", points=3),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["expires_at", "checked_in_at", "checked_out_at"])
def test_each_instant_is_answered_in_utc_and_one_that_is_missing_stays_missing(name: str) -> None:
    at = START + 90 * MINUTE
    given = dispatch(1, "offered").model_copy(update={name: at.astimezone(SHANGHAI)})
    answer = dispatch_answer(staffing(given), given).model_dump()
    instants = {key: answer[key] for key in ("starts_at", "ends_at", name)}
    assert instants == {"starts_at": START + HOUR, "ends_at": START + 3 * HOUR, name: at}
    assert {value.tzinfo for value in instants.values() if isinstance(value, datetime)} == {UTC}
    others = {"expires_at", "checked_in_at", "checked_out_at"} - {name}
    assert [answer[key] for key in others] == [None, None]


def test_a_staffing_is_answered_with_all_its_dispatches_and_the_people_who_are_counted_on() -> None:
    states: tuple[DispatchState, ...] = ("accepted", "offered", "offered", "declined", "checked_in", "credited")
    dispatches = [dispatch(nth, state) for nth, state in enumerate(states, start=1)]
    kept = staffing(*dispatches)
    answer = staffing_answer(kept)
    assert (answer.need_id, answer.version, answer.state, answer.headcount) == ("need_1", 7, "offered", 5)
    assert (answer.confirmed, answer.offered) == (3, 2)
    assert answer.dispatches == tuple(dispatch_answer(kept, one) for one in dispatches)
    assert (answer.tried, answer.waiting) == (kept.tried, kept.waiting)
