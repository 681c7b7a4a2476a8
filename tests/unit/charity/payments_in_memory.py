"""Short names for the acts about the payment of one need."""

from datetime import timedelta
from typing import Any, Literal

from charity_in_memory import COMMUNITY, CharityInMemory, money

from services.charity.payments.domain import Payment, payment_id
from shared.contracts.access import Actor
from shared.contracts.charity.payments import (
    ApprovePayment,
    Evidence,
    Payee,
    RecordPayment,
    ReversePayment,
)
from shared.engine.decide.memory import TESTER

SECOND = TESTER.model_copy(update={"id": "key_second", "on_behalf_of": "principal_second"})
FAMILY = Payee(kind="person", name="Lin Invented", account="Example Bank 0001")
RECEIPT = Evidence(reference="receipts/2026/17", sha256="a" * 64)
DAY = timedelta(days=1)


def delivered(charity: CharityInMemory, fen: int, need: str = "need_1", *, of: int | None = None) -> Payment:
    """A need that asked for so much money got it, from a fund that has enough."""
    charity.open_fund(COMMUNITY, of or fen)
    charity.publish(need, money(of or fen))
    charity.confirm(need, money(of or fen), delivered=(fen,))
    return payment(charity, need)


def payment(charity: CharityInMemory, need: str = "need_1") -> Payment:
    return charity.engine.one(Payment, payment_id(need, 0))


def record(charity: CharityInMemory, fen: int, actor: Actor = TESTER, payee: Payee = FAMILY, **more: Any) -> Any:
    asked = RecordPayment(id="pay_1.0", amount_fen=fen, payee=payee, evidence=RECEIPT, **more)
    return charity.engine.command(asked, actor=actor)


def approve(charity: CharityInMemory, actor: Actor) -> Any:
    return charity.engine.command(ApprovePayment(id="pay_1.0"), actor=actor)


def take_back(
    charity: CharityInMemory, fen: int | None = None, actor: Actor = TESTER,
    because: Literal["wrong_payee", "money_returned"] = "wrong_payee",
) -> Any:  # fmt: skip
    asked = ReversePayment(id="pay_1.0", amount_fen=fen, reason_code=because)
    return charity.engine.command(asked, actor=actor)


def books(charity: CharityInMemory) -> tuple[int, int]:
    """The money that is used and not paid, and the money that is paid."""
    return tuple(  # type: ignore[return-value]
        next((a.balance for a in charity.accounts() if a.id == f"{kind}:{COMMUNITY}:CNY"), 0)
        for kind in ("used", "paid")
    )


def check(charity: CharityInMemory) -> None:
    """Paid plus owed of each line equals the amount used of it, and the books have the same."""
    assert charity.broken_laws() == []
    payments = charity.engine.all(Payment)
    assert books(charity) == (sum(p.owed_fen for p in payments), sum(p.paid_fen for p in payments))
    for each in payments:
        link = charity.link(each.need_id)
        line = next(line for line in link.lines if line.line_id == each.line_id)
        assert each.used_fen == line.fulfilled == sum(part.amount_fen for part in each.funds)
        assert (each.state in {"owed", "awaiting_approval"}) == (each.owed_fen > 0)
        assert (each.state == "overpaid") == (each.owed_fen < 0)
        assert each.recorded_fen == (each.owed_fen if each.state == "awaiting_approval" else 0)
        assert (each.due is None) == (each.state in {"paid", "void"})
