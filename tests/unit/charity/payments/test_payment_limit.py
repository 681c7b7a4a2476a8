"""The limit of one officer counts the whole need: a payment in parts does not slip below it."""

from charity_in_memory import COMMUNITY, CharityInMemory, money
from payments_in_memory import FAMILY, RECEIPT, check

from services.charity.payments.domain import MOST_LINES
from shared.contracts.charity.payments import RecordPayment, ReversePayment
from shared.contracts.stations.needs import RegisterNeed


def delivered_lines(charity: CharityInMemory, *fen: int, need: str = "need_1") -> None:
    """A need got so much money in each of its lines."""
    lines = [money(amount, f"l{nth}") for nth, amount in enumerate(fen, 1)]
    charity.open_fund(COMMUNITY, sum(fen))
    charity.publish(need, *lines)
    charity.confirm(need, *lines, delivered=fen)


def record_line(charity: CharityInMemory, nth: int, fen: int, need: str = "1") -> str:
    asked = RecordPayment(id=f"pay_{need}.{nth}", amount_fen=fen, payee=FAMILY, evidence=RECEIPT)
    return str(charity.engine.command(asked).state)


def test_two_lines_of_a_need_that_are_together_above_the_limit_are_paid_by_two(charity: CharityInMemory) -> None:
    delivered_lines(charity, 300_000, 200_001)
    assert record_line(charity, 0, 300_000) == "paid"
    assert record_line(charity, 1, 200_001) == "awaiting_approval"
    check(charity)


def test_lines_that_are_together_below_it_are_paid_by_one(charity: CharityInMemory) -> None:
    delivered_lines(charity, 300_000, 200_000)
    assert [record_line(charity, nth, fen) for nth, fen in enumerate((300_000, 200_000))] == ["paid", "paid"]


def test_a_line_that_awaits_approval_counts_as_well(charity: CharityInMemory) -> None:
    delivered_lines(charity, 600_000, 1)
    assert [record_line(charity, nth, fen) for nth, fen in enumerate((600_000, 1))] == ["awaiting_approval"] * 2


def test_after_money_of_one_line_came_back_the_others_are_paid_by_two_as_well(charity: CharityInMemory) -> None:
    delivered_lines(charity, 400_000, 400_000)
    record_line(charity, 0, 400_000)
    charity.engine.command(ReversePayment(id="pay_1.0", reason_code="payment_failed"))
    assert record_line(charity, 1, 400_000) == "awaiting_approval"


def test_another_need_has_a_limit_of_its_own(charity: CharityInMemory) -> None:
    delivered_lines(charity, 400_000)
    delivered_lines(charity, 400_000, need="need_2")
    assert [record_line(charity, 0, 400_000, need) for need in ("1", "2")] == ["paid", "paid"]


def test_every_line_that_a_need_may_have_is_counted() -> None:
    assert MOST_LINES in [getattr(one, "max_length", None) for one in RegisterNeed.model_fields["lines"].metadata]
