"""The steps of payments, as they are drawn."""

from random import Random
from typing import Any

from shared.contracts.charity.payments import (
    ApprovePayment,
    Evidence,
    Payee,
    RecordPayment,
    RefusePayment,
    ReversePayment,
)
from shared.contracts.messages import Command
from shared.contracts.stations.needs import RegisterNeed
from tests.city.services import PERSONAL

RECEIPT = Evidence(reference=f"{PERSONAL} 2026/17", sha256="17" * 32)


def as_grant(chance: Random, need: RegisterNeed) -> RegisterNeed:
    """Return the need as one for money alone, published at once."""
    # Some above the limit of the city, 30,000 fen, from which two persons pay.
    fen = chance.choice((chance.randint(1_000, 4_000), chance.randint(30_001, 40_000)))
    line = {"kind": "money", "amount_fen": fen, "purpose": PERSONAL}
    return RegisterNeed.model_validate({**need.model_dump(), "lines": [line], "volunteers": None, "publish": True})


def awaits_money(view: dict[str, Any]) -> bool:
    """Return whether the need is shown as open and holds money, and asks for nothing else."""
    if view.get("state") not in {"ready", "published"} or view["need"].get("volunteers"):
        return False
    lines, amounts = view["need"]["lines"], view.get("link", {}).get("amounts", ())
    return all(line["kind"] == "money" for line in lines) and any(amount["committed"] for amount in amounts)


def draw_payment(chance: Random, shape: dict[str, Any]) -> Command:
    """Return a step of the payment that its state allows; where it is settled, so much of it is taken back."""
    owed, state = shape["used_fen"] - shape["paid_fen"], shape["state"]
    if state == "awaiting_approval":
        refusal = RefusePayment(id=shape["id"], reason_code=chance.choice(("not_justified", "withdrawn")))
        return ApprovePayment(id=shape["id"]) if chance.random() < 0.7 else refusal
    if state == "owed" and (not shape["paid_fen"] or chance.random() < 0.8):
        payees = (
            Payee(kind="person", name=f"{PERSONAL} payee", account=f"{PERSONAL} bank"),
            Payee(kind="voucher", voucher=f"{PERSONAL} 17"),
            Payee(kind="organisation", organisation_id="org_1"),
        )
        return RecordPayment(id=shape["id"], amount_fen=owed, payee=chance.choice(payees), evidence=RECEIPT)
    fen = -owed if state == "overpaid" else chance.choice((None, chance.randint(1, max(1, shape["paid_fen"]))))
    return ReversePayment(id=shape["id"], amount_fen=fen, reason_code="money_returned")
