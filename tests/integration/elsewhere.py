"""Bodies of things of another district."""

from typing import Any

from gateway_stack import ELSEWHERE
from stdnum.cn.uscc import calc_check_digit


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
