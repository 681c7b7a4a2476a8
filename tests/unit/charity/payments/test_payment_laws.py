"""Of each money line paid plus owed equals the amount used of it, and an overdue step is brought to somebody."""

from collections.abc import Sequence

from charity_in_memory import COMMUNITY, HOUR, CharityInMemory, money
from hypothesis import given
from hypothesis import strategies as st
from payments_in_memory import (
    DAY,
    SECOND,
    approve,
    check,
    delivered,
    payment,
    record,
    take_back,
)  # fmt: skip

from shared.contracts import Refused
from shared.contracts.charity.payments import (
    PaymentOverdue,
    RefusePayment,
)
from shared.engine.decide.memory import TESTER


def test_station_street_centre_and_district_are_reminded_in_turn_and_the_district_again(
    charity: CharityInMemory,
) -> None:
    owed = delivered(charity, 300)
    charity.engine.advance(7 * DAY)
    charity.engine.advance(DAY)
    charity.engine.advance(DAY)
    charity.engine.advance(7 * DAY)
    late = [event.reminder for event in charity.engine.emitted(PaymentOverdue) if event.reminder]
    assert [(one.level, one.area) for one in late] == [
        ("station", COMMUNITY), ("street", COMMUNITY[:9]), ("district", COMMUNITY[:6]), ("district", COMMUNITY[:6]),
    ]  # fmt: skip
    assert {one.was_due for one in late} == {owed.due}
    assert {one.step for one in late} == {"record_payment"}
    assert record(charity, 300).reminder is None
    charity.engine.advance(30 * DAY)
    assert len(charity.engine.emitted(PaymentOverdue)) == 4


def test_a_payment_that_awaits_approval_is_reminded_of_by_its_own_deadline(charity: CharityInMemory) -> None:
    delivered(charity, 600_000)
    record(charity, 600_000)
    charity.engine.advance(3 * DAY)
    (late,) = charity.engine.emitted(PaymentOverdue)
    assert late.reminder is not None
    assert (late.state, late.reminder.step) == ("awaiting_approval", "approve_payment")


Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["confirm", "undo", "record", "approve", "refuse", "reverse", "wait"]),
        st.integers(0, 700_000),
    ),
    max_size=30,
)


def play(charity: CharityInMemory, steps: Sequence[Step]) -> None:
    """Statements, records and reversals in any order; a refused one changes nothing."""
    charity.open_fund(COMMUNITY, 700_000)
    charity.publish("need_1", money(700_000))
    version = 7
    for kind, fen in steps:
        version += 1
        actor = (TESTER, SECOND)[fen % 2]
        held = charity.committed("need_1")[0]
        try:
            match kind:
                case "confirm":
                    charity.confirm("need_1", money(700_000), version=version, delivered=(min(fen, held),))
                case "undo":
                    charity.undo("need_1", money(700_000), version=version)
                case "wait":
                    charity.engine.advance(fen % 200 * HOUR)
                case "record":
                    record(charity, max(1, payment(charity).owed_fen), actor)
                case "approve":
                    approve(charity, actor)
                case "refuse":
                    charity.engine.command(RefusePayment(id="pay_1.0", reason_code="not_justified"), actor=actor)
                case "reverse":
                    take_back(charity, fen or None, actor)
        except (Refused, KeyError, StopIteration):
            pass
        check(charity)


@given(STEPS)
def test_paid_and_owed_is_always_what_was_used(steps: list[Step]) -> None:
    play(CharityInMemory(), steps)
