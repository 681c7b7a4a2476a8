"""Bodies of things of another district, a shortfall and a payment there, and the paths that no area bounds."""

from typing import Any, Final

import httpx
from gateway_stack import ELSEWHERE, created, need, state_is, until
from stdnum.cn.uscc import calc_check_digit

from services.charity.payments.domain import payment_id


def organisation() -> dict[str, Any]:
    code = "52110105MJ0123457"
    return {
        "name": "东里服务中心", "credit_code": code + calc_check_digit(code), "kind": "social_service_institution",
        "roles": ["social_organisation"], "area": "110105", "areas": [ELSEWHERE],
    }  # fmt: skip


def consent(volunteer_id: str, until_then: str) -> dict[str, Any]:
    return {
        "person": {"kind": "volunteer", "id": volunteer_id}, "scopes": ["contact"], "purpose": "service_delivery",
        "expires_at": until_then,
    }  # fmt: skip


def erasure(donor_id: str) -> dict[str, Any]:
    return {"people": [{"kind": "donor", "id": donor_id}], "ground": "consent_withdrawn", "area": ELSEWHERE}


def breach() -> dict[str, Any]:
    return {
        "area": ELSEWHERE, "kind": "disclosed", "found_at": "2026-03-01T00:00:00Z", "categories": ["names"],
        "people_least": 1, "people_most": 2, "cause": "misdirected", "harms": ["fraud"],
    }  # fmt: skip


def shortfall_of(api: httpx.Client, there: str) -> str:
    """Give, promise all of it to a need, and correct the gift to nothing."""
    goods = [{"item": "wheelchair", "quantity": 3, "unit": "piece"}]
    gift = created(api, "/v1/donations", {"station_id": there, "goods": goods})
    needed = created(api, "/v1/needs", need(there, lines=[{"kind": "goods", **goods[0]}]))
    state_is(api, needed, "ready")
    right = api.post(f"/v1/donations/{gift}/correct", json={"reason_code": "not_received"})
    assert right.status_code == 200, right.text
    return f"short.{gift}.0"


def payment_of(api: httpx.Client, there: str) -> str:
    """Have a need get money, and return the payment that is owed for it."""
    fund = created(api, "/v1/funds", {"area": ELSEWHERE, "name": "Neighbours' fund"})
    created(api, "/v1/donations", {"fund_id": fund, "amount_fen": 100})
    needed = created(api, "/v1/needs", need(there, lines=[{"kind": "money", "amount_fen": 100}]))
    state_is(api, needed, "ready")
    confirmed = api.post(f"/v1/needs/{needed}/confirm", json={"delivered": [{"line_id": "l1", "amount": 100}]})
    assert confirmed.status_code == 200, confirmed.text
    owed = payment_id(needed, 0)
    until(lambda: api.get(f"/v1/payments/{owed}").status_code == 200, "the payment is owed")
    return owed


PAID = {
    "amount_fen": 100,
    "payee": {"kind": "voucher", "voucher": "V-1"},
    "evidence": {"reference": "receipts/2026/1", "sha256": "a" * 64},
}
"""The body of a record of that payment."""

NO_AREA: Final = {
    "/v1/actors/{reference}": "a principal acts in several areas, and nobody guesses a reference",
    "/v1/areas/{code}": "the register of areas is the same for all",
    **{f"/v1/catalogue/{{kind}}/{{code}}{act}": "the catalogue is the city's" for act in ("", "/extend", "/retire")},
    "/v1/sessions/{session_id}": "a session is ended by its own person alone, from any area",
    "/v1/accounts/{account_id}/change-password": "a password is changed by its own person alone",
    **{f"/v1/keys/{{key_id}}{act}": "keys are the administrator's, who has no area" for act in ("", "/rotate")},
}
"""Paths with an id that no area bounds, with the reason."""
