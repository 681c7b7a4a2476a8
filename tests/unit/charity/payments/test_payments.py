"""Money that a family was to get reaches a payee, once, with a receipt, and nothing of it is created or lost."""

import pytest
from charity_in_memory import COMMUNITY, CharityInMemory, money, rice
from payments_in_memory import (
    DAY,
    FAMILY,
    SECOND,
    approve,
    books,
    check,
    delivered,
    payment,
    record,
    take_back,
)  # fmt: skip
from pydantic import ValidationError

from services.charity.payments.domain import MOST_RECORDS, Payment
from services.charity.payments.payees import PayeeRecord, place_of
from services.charity.payments.queries import read_payee
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.charity.payments import (
    Payee,
    PaymentMade,
    PaymentOwed,
    PaymentRecorded,
    PaymentRefused,
    PaymentReversed,
    ReadPayee,
    RefusePayment,
)
from shared.engine.decide.memory import TESTER
from shared.runtime.vault import Vault


def test_a_delivery_of_money_is_owed_from_its_confirmation_on_with_fund_and_deadline(charity: CharityInMemory) -> None:
    fund = charity.open_fund(COMMUNITY, 50_000)
    charity.publish("need_1", rice(1, "l1"), money(30_000, "l2"))
    assert charity.engine.all(Payment) == []
    charity.confirm("need_1", rice(1, "l1"), money(30_000, "l2"), delivered=(0, 30_000))
    (owed,) = charity.engine.emitted(PaymentOwed)
    assert (owed.id, owed.need_id, owed.line_id, owed.area) == ("pay_1.1", "need_1", "l2", COMMUNITY)
    assert (owed.state, owed.used_fen, owed.paid_fen) == ("owed", 30_000, 0)
    assert [(part.account_id, part.amount_fen) for part in owed.funds] == [(f"fund:{fund}:CNY", 30_000)]
    assert owed.next_step is not None
    assert (owed.next_step.code, owed.next_step.args["amount"]) == ("record_payment", 30_000)
    assert owed.due == owed.next_step.due == charity.engine.now + 7 * DAY
    check(charity)


def test_up_to_the_limit_one_officer_pays_and_the_family_is_named_in_no_event(charity: CharityInMemory) -> None:
    delivered(charity, 500_000)
    answer = record(charity, 500_000)
    assert (answer.state, answer.paid_fen, answer.next_step) == ("paid", 500_000, None)
    (event,) = charity.engine.emitted(PaymentMade)
    assert (event.payee_kind, event.evidence_sha256, event.approved_by) == ("person", "a" * 64, None)
    assert event.recorded_by is not None
    assert books(charity) == (0, 500_000)
    for secret in ("Lin Invented", "Example Bank", "receipts/2026"):
        assert secret not in str(charity.engine.events)
        assert secret not in str(charity.engine.all(PayeeRecord)) + str(payment(charity))
    (sealed,) = charity.engine.all(PayeeRecord)
    opened = charity.vault.open(sealed.payee_sealed, *place_of(sealed.id, "payee_sealed"))
    assert Payee.model_validate_json(opened) == FAMILY
    check(charity)


def test_above_the_limit_another_person_approves_and_the_recorder_may_not(charity: CharityInMemory) -> None:
    delivered(charity, 500_001)
    answer = record(charity, 500_001)
    assert (answer.state, answer.recorded_fen, answer.paid_fen) == ("awaiting_approval", 500_001, 0)
    assert answer.due == charity.engine.now + 3 * DAY
    with pytest.raises(Refused) as refusal:
        approve(charity, TESTER)
    assert (refusal.value.code, refusal.value.rule) == ("not_allowed", "own_act")
    assert books(charity) == (500_001, 0)
    approved = approve(charity, SECOND)
    assert (approved.state, approved.paid_fen, approved.recorded_fen) == ("paid", 500_001, 0)
    assert approved.approved_by not in {None, approved.recorded_by}
    check(charity)


def test_a_refused_record_is_owed_again_with_the_reason_and_the_recorder_may_withdraw_it(
    charity: CharityInMemory,
) -> None:
    delivered(charity, 600_000)
    for actor, because in ((SECOND, "wrong_payee"), (TESTER, "withdrawn")):
        record(charity, 600_000)
        asked = RefusePayment.model_validate({"id": "pay_1.0", "reason_code": because})
        answer = charity.engine.command(asked, actor=actor)
        assert (answer.state, answer.refused_for, answer.recorded_fen) == ("owed", because, 0)
        assert answer.due == charity.engine.now + 7 * DAY
    with pytest.raises(Refused, match="payment_not_in_state"):
        approve(charity, SECOND)
    assert len(charity.engine.emitted(PaymentRefused)) == 2
    check(charity)


@pytest.mark.parametrize("fen", [299, 301, 150])
def test_any_other_amount_than_is_owed_is_refused_and_changes_nothing(charity: CharityInMemory, fen: int) -> None:
    before = delivered(charity, 300)
    with pytest.raises(Refused) as refusal:
        record(charity, fen)
    assert (refusal.value.rule, refusal.value.field) == ("amount_not_owed", "amount_fen")
    assert refusal.value.values == {"owed": 300, "amount": fen}
    assert (payment(charity), charity.engine.all(PayeeRecord)) == (before, [])


def test_a_wrong_payment_is_taken_back_with_a_reason_and_paid_again_by_two(charity: CharityInMemory) -> None:
    delivered(charity, 300)
    record(charity, 300)
    answer = take_back(charity)
    assert (answer.state, answer.paid_fen, answer.reversed_for) == ("owed", 0, "wrong_payee")
    assert len(charity.engine.emitted(PaymentReversed)) == 1
    check(charity)
    again = record(charity, 300)
    assert again.state == "awaiting_approval", "taken back and paid again, one officer alone could pay any amount"
    assert approve(charity, SECOND).state == "paid"
    assert len(charity.engine.all(PayeeRecord)) == 2
    check(charity)


def test_above_the_limit_the_recorder_does_not_take_back_either(charity: CharityInMemory) -> None:
    delivered(charity, 600_000)
    record(charity, 600_000)
    approve(charity, SECOND)
    with pytest.raises(Refused, match="own_act"):
        take_back(charity)
    assert take_back(charity, actor=SECOND).state == "owed"
    check(charity)


def test_no_more_is_taken_back_than_is_paid(charity: CharityInMemory) -> None:
    delivered(charity, 300)
    for paid in (0, 300):
        with pytest.raises(Refused, match="more_than_paid"):
            take_back(charity, 301)
        if not paid:
            record(charity, 300)
    check(charity)


def test_a_delivery_stated_lower_after_payment_is_an_open_difference_until_the_rest_comes_back(
    charity: CharityInMemory,
) -> None:
    delivered(charity, 300)
    record(charity, 300)
    charity.undo("need_1", money(300))
    assert (payment(charity).state, payment(charity).owed_fen) == ("overpaid", -300)
    check(charity)
    charity.confirm("need_1", money(300), version=9, delivered=(200,))
    over = charity.engine.emitted(PaymentOwed)[-1]
    assert (over.state, over.used_fen, over.paid_fen) == ("overpaid", 200, 300)
    assert over.next_step is not None
    assert (over.next_step.code, over.next_step.args["amount"]) == ("settle_overpayment", 100)
    answer = take_back(charity, 100, because="money_returned")
    assert (answer.state, answer.paid_fen, answer.next_step) == ("paid", 200, None)
    check(charity)


def test_a_delivery_stated_higher_after_payment_owes_the_rest(charity: CharityInMemory) -> None:
    delivered(charity, 200, of=300)
    record(charity, 200)
    charity.undo("need_1", money(300))
    charity.confirm("need_1", money(300), version=9, delivered=(300,))
    assert (payment(charity).state, payment(charity).owed_fen) == ("owed", 100)
    assert record(charity, 100, payee=Payee(kind="voucher", voucher="V-17")).paid_fen == 300
    check(charity)


def test_the_total_of_a_line_counts_for_the_limit(charity: CharityInMemory) -> None:
    delivered(charity, 500_000, of=500_100)
    record(charity, 500_000)
    charity.undo("need_1", money(500_100))
    charity.confirm("need_1", money(500_100), version=9, delivered=(500_100,))
    assert record(charity, 100).state == "awaiting_approval"


def test_a_delivery_undone_ends_a_record_that_awaits_approval(charity: CharityInMemory) -> None:
    delivered(charity, 600_000)
    record(charity, 600_000)
    charity.undo("need_1", money(600_000))
    assert (payment(charity).state, payment(charity).refused_for) == ("void", "delivery_changed")
    with pytest.raises(Refused, match="payment_not_in_state"):
        approve(charity, SECOND)
    check(charity)


def test_a_line_is_not_recorded_without_end(charity: CharityInMemory) -> None:
    delivered(charity, 600_000)
    for _ in range(MOST_RECORDS):
        record(charity, 600_000)
        charity.engine.command(RefusePayment(id="pay_1.0", reason_code="withdrawn"))
    with pytest.raises(Refused, match="paid_too_often"):
        record(charity, 600_000)


def test_nobody_acts_on_a_payment_that_others_have_changed_or_that_lies_elsewhere(charity: CharityInMemory) -> None:
    delivered(charity, 300)
    with pytest.raises(Refused, match="version_not_current"):
        record(charity, 300, expected_version=7)
    elsewhere = TESTER.model_copy(update={"area": "110105"})
    with pytest.raises(Refused) as refusal:
        record(charity, 300, actor=elsewhere)
    assert refusal.value.code == "not_found"


@pytest.mark.parametrize(
    ("given_as", "field"),
    [
        ({"kind": "person", "name": "Lin Invented"}, "account"),
        ({"kind": "person", "name": "Lin Invented", "account": "B", "voucher": "V"}, "voucher"),
        ({"kind": "organisation"}, "organisation_id"),
        ({"kind": "voucher", "organisation_id": "org_1", "voucher": "V"}, "organisation_id"),
    ],
)
def test_a_payee_is_named_by_its_kind_and_by_nothing_else(given_as: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        Payee.model_validate(given_as)
    (fault,) = error.value.errors()
    assert (fault["type"], fault["ctx"]["field_at_fault"]) == ("payee_of_kind", field)


@pytest.mark.parametrize("role", ["station_worker", "supervisor", "volunteer_coordinator"])
def test_others_than_charitys_officers_do_not_read_the_payee(role: str) -> None:
    actor = Actor(kind="key", id="key_1", roles=(role,), area=COMMUNITY)
    with pytest.raises(Refused, match="permission_missing"):
        read_payee(ReadPayee(payment_id="pay_1.0"), {}, actor, Vault(bytes(32)))  # type: ignore[arg-type]


def test_a_recorded_payment_is_announced_once(charity: CharityInMemory) -> None:
    delivered(charity, 600_000)
    record(charity, 600_000)
    (event,) = charity.engine.emitted(PaymentRecorded)
    assert (event.state, event.recorded_fen) == ("awaiting_approval", 600_000)
