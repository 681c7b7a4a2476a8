"""The stories of payments: the money that was delivered to a family reaches it, and each fen is accounted for."""

from datetime import timedelta
from functools import partial

import pytest

from shared.contracts import Refused
from shared.contracts.charity.payments import ApprovePayment, Evidence, Payee, RecordPayment, ReversePayment
from shared.contracts.need_parts import LineDelivered
from shared.contracts.stations.needs import ConfirmNeed, UndoConfirmation
from shared.engine.decide.memory import TESTER
from tests.stories.stage import WITNESS, Document, Stage
from tests.stories.told import lets_time_pass, story

FAMILY = Payee(kind="person", name="Zhao Invented", account="Example Bank 0017")
RECEIPT = Evidence(reference="receipts/2026/17", sha256="17" * 32)


def helped(city: Stage, fen: int) -> tuple[str, str]:
    """Have a family get so much money; return its need and the payment that is owed for it."""
    (station,) = city.open_stations(city.home)
    city.fund(city.home, fen)
    need = city.ask(station, fen=fen)
    city.reaches(need, "ready")
    confirm(city, need, fen)
    city.until(lambda: payment(city, need).get("state") == "owed", "somebody has to pay it")
    return need, str(payment(city, need)["id"])


def confirm(city: Stage, need: str, fen: int) -> None:
    """State that so much money of the one line of the need was granted to the family."""
    city.send(ConfirmNeed(need_id=need, delivered=(LineDelivered(line_id="l1", amount=fen),)))


def payment(city: Stage, need: str) -> Document:
    """Return the payment of the one line of the need as it is shown; empty where there is none."""
    rows = (row["shape"] for row in city.shown("payments"))
    return next((shape for shape in rows if shape["need_id"] == need), {})


def owed_ids(city: Stage, need: str) -> list[str]:
    """Return the ids of the payments of the need."""
    return sorted(row["_id"] for row in city.shown("payments") if row["shape"]["need_id"] == need)


def told(city: Stage, need: str) -> list[str]:
    """Return the entries about payments in the timeline of the need."""
    return [entry["what"] for entry in city.need(need)["timeline"] if entry["what"].startswith("charity.payment.")]


def steps(city: Stage, payment_id: str) -> list[str]:
    """Return the next steps of the payment, as the work list has them."""
    return [row["code"] for row in city.shown("tasks") if row["_id"] == payment_id and row["open"]]


@story
def a_family_gets_three_hundred_yuan_of_help(city: Stage) -> None:
    need, owed = helped(city, 30_000)
    city.until(lambda: steps(city, owed) == ["record_payment"], "an officer is to pay")
    paid = city.send(RecordPayment(id=owed, amount_fen=30_000, payee=FAMILY, evidence=RECEIPT))
    assert (paid["state"], paid["paid_fen"]) == ("paid", 30_000)
    city.until(lambda: payment(city, need)["state"] == "paid", "everybody sees that it is paid")
    city.until(lambda: steps(city, owed) == [], "nothing is left to do")
    assert "Zhao" not in str(payment(city, need)) + str(paid)
    city.until(lambda: told(city, need) == ["charity.payment.owed", "charity.payment.paid"], "the need's story has it")


@story
def six_thousand_yuan_are_paid_by_two_and_not_by_the_recorder_alone(city: Stage) -> None:
    need, owed = helped(city, 600_000)
    recorded = city.send(RecordPayment(id=owed, amount_fen=600_000, payee=FAMILY, evidence=RECEIPT))
    assert (recorded["state"], recorded["paid_fen"]) == ("awaiting_approval", 0)
    city.until(lambda: steps(city, owed) == ["approve_payment"], "another person is to approve")
    with pytest.raises(Refused, match="own_act"):
        city.send(ApprovePayment(id=owed), TESTER)
    assert city.send(ApprovePayment(id=owed), WITNESS)["paid_fen"] == 600_000
    city.until(lambda: payment(city, need)["state"] == "paid", "it is paid")


@story
def a_sum_above_the_limit_is_paid_by_two_also_in_seventeen_small_lines(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.fund(city.home, 510_000)
    need = city.ask(station, lines=[{"kind": "money", "amount_fen": 30_000}] * 17)
    city.reaches(need, "ready")
    stated = tuple(LineDelivered(line_id=f"l{nth}", amount=30_000) for nth in range(1, 18))
    city.send(ConfirmNeed(need_id=need, delivered=stated))
    city.until(lambda: len(owed_ids(city, need)) == 17, "each line is to be paid")
    records = [
        RecordPayment(id=each, amount_fen=30_000, payee=FAMILY, evidence=RECEIPT) for each in owed_ids(city, need)
    ]
    states = [city.send(record)["state"] for record in records]
    assert (states[0], states[-1]) == ("paid", "awaiting_approval")


@story
def a_delivery_that_is_stated_lower_after_payment_shows_the_difference_until_it_came_back(city: Stage) -> None:
    need, owed = helped(city, 30_000)
    city.send(RecordPayment(id=owed, amount_fen=30_000, payee=FAMILY, evidence=RECEIPT))
    city.send(UndoConfirmation(need_id=need, reason_code="wrong_amounts"))
    city.until(lambda: payment(city, need)["state"] == "overpaid", "nothing was delivered, and all is paid")
    city.reaches(need, "ready")
    confirm(city, need, 20_000)
    city.until(lambda: payment(city, need)["used_fen"] == 20_000, "a hundred yuan too much are paid")
    city.until(lambda: steps(city, owed) == ["settle_overpayment"], "somebody is to see to it")
    back = city.send(ReversePayment(id=owed, amount_fen=10_000, reason_code="money_returned"))
    assert (back["state"], back["paid_fen"], back["used_fen"]) == ("paid", 20_000, 20_000)


def _is_reminded_of(city: Stage, need: str, level: str) -> bool:
    return bool((payment(city, need)["reminder"] or {}).get("level") == level)


@lets_time_pass
def a_payment_that_nobody_makes_is_reminded_of_higher_and_higher(city: Stage) -> None:
    need, owed = helped(city, 30_000)
    for days, level, digits in ((7, "station", 12), (1, "street", 9), (1, "district", 6)):
        city.wait(timedelta(days=days))
        city.until(partial(_is_reminded_of, city, need, level), f"{level} knows")
        assert (payment(city, need)["reminder"] or {})["area"] == city.home[:digits]
    city.send(RecordPayment(id=owed, amount_fen=30_000, payee=FAMILY, evidence=RECEIPT))
    city.until(lambda: payment(city, need)["reminder"] is None, "nobody is reminded any more")
