"""Good bodies, and the changes that make them bad in one value or rule, each with the field that the answer must name.

The bodies that every write refuses alike (unknown or missing field, wrong type, no JSON) are made by
`described_writes`.
"""

from dataclasses import dataclass
from typing import Any

from gateway_stack import AREA, SPARE, need, volunteer

UNKNOWN_AREA = "990000000000"
GOODS = [{"item": "quilt", "quantity": 4, "unit": "piece"}]
GOOD: dict[str, dict[str, Any]] = {
    "/v1/stations": {"area": SPARE, "name": "A station", "level": "station"},
    "/v1/needs": need("STATION"),
    "/v1/needs:batch": {"needs": [need("STATION")]},
    "/v1/donors": {"name": "Lin Example", "phone": "13800000000"},
    "/v1/funds": {"area": AREA, "name": "A fund"},
    "/v1/donations": {"station_id": "STATION", "goods": GOODS},
    "/v1/volunteers": volunteer(),
    "/v1/areas:batch": {"rows": [{"code": AREA, "name": "A community"}]},
    "/v1/keys": {"name": "An agency", "roles": ["reader"]},
    "/v1/needs/DRAFT/publish": {},
    "/v1/needs/DRAFT/cancel": {"reason": "x"},
    "/v1/needs/DRAFT/confirm": {"note": "x"},
    "/v1/needs/DRAFT/evaluate": {"rating": 5},
    "/v1/dispatches/DISPATCH/accept": {},
    "/v1/dispatches/DISPATCH/decline": {},
    "/v1/dispatches/DISPATCH/check-in": {},
    "/v1/dispatches/DISPATCH/check-out": {},
}
SLOT = {"starts_at": "2030-01-01T10:00:00Z", "ends_at": "2030-01-01T08:00:00Z"}
PAST = {"starts_at": "2020-01-01T08:00:00Z", "ends_at": "2020-01-01T10:00:00Z"}


@dataclass(frozen=True)
class Bad:
    """A change to a good body, and where the error must point."""

    path: str
    change: tuple[tuple[str, Any], ...]
    field: str
    status: tuple[int, ...] = (422,)


def bad(path: str, name: str, value: Any, field: str | None = None, *status: int) -> Bad:
    return Bad(path, ((name, value),), name if field is None else field, status or (422,))


CASES = [
    # wrong type
    bad("/v1/stations", "name", 5),
    bad("/v1/needs", "title", ["x"]),
    bad("/v1/needs", "lines.0.quantity", "10"),
    bad("/v1/needs", "lines.0.quantity", 1.5),
    bad("/v1/needs", "lines.0.quantity", True),
    bad("/v1/needs", "publish", "true"),
    bad("/v1/needs", "location", "here"),
    bad("/v1/needs:batch", "needs", {}),
    bad("/v1/needs:batch", "needs", ["no need"], "needs.0"),
    bad("/v1/donors", "name", None),
    bad("/v1/funds", "name", {}),
    bad("/v1/donations", "goods.0.quantity", "4"),
    bad("/v1/volunteers", "skills", "first_aid"),
    bad("/v1/volunteers", "birth_year", 1960.0),
    bad("/v1/areas:batch", "rows.0.code", 11),
    bad("/v1/keys", "roles", "reader", "roles"),
    bad("/v1/needs/DRAFT/cancel", "reason", 1),
    bad("/v1/needs/DRAFT/evaluate", "rating", "5"),
    # missing field
    bad("/v1/stations", "area", KeyError),
    bad("/v1/needs", "due", KeyError),
    bad("/v1/needs", "lines.0.unit", KeyError),
    bad("/v1/needs:batch", "needs", KeyError),
    bad("/v1/donors", "name", KeyError),
    bad("/v1/funds", "area", KeyError),
    bad("/v1/donations", "goods", KeyError),
    bad("/v1/volunteers", "phone", KeyError),
    bad("/v1/areas:batch", "rows", KeyError),
    bad("/v1/keys", "name", KeyError),
    bad("/v1/needs/DRAFT/evaluate", "rating", KeyError),
    # unknown field
    bad("/v1/needs", "lines.0.colour", "red"),
    bad("/v1/donations", "station_area", AREA),
    # negative or zero
    bad("/v1/needs", "lines.0.quantity", 0),
    bad("/v1/needs", "lines.0.quantity", -1),
    bad("/v1/needs", "beneficiaries", 0),
    bad("/v1/donations", "goods.0.quantity", 0),
    bad("/v1/donations", "goods.0.quantity", -4),
    Bad("/v1/donations", (("station_id", None), ("fund_id", "FUND"), ("goods", []), ("amount_fen", 0)), "amount_fen"),
    Bad("/v1/donations", (("station_id", None), ("fund_id", "FUND"), ("goods", []), ("amount_fen", -5)), "amount_fen"),
    bad("/v1/needs/DRAFT/evaluate", "rating", 0),
    bad("/v1/needs/DRAFT/evaluate", "rating", 6),
    # too large a number
    bad("/v1/needs", "lines.0.quantity", 10**12),
    # times
    bad("/v1/needs", "volunteers", {"headcount": 1, **SLOT}, "volunteers.ends_at"),
    bad("/v1/needs", "volunteers", {"headcount": 1, **PAST}, "volunteers.ends_at"),
    bad("/v1/needs", "volunteers", {"headcount": 0, **PAST}, "volunteers.headcount"),
    bad("/v1/needs", "due", "2020-01-01T00:00:00Z"),
    bad("/v1/needs", "due", "2030-01-01T00:00:00"),
    bad("/v1/volunteers", "availability", [{"days": [1], "start": "12:00", "end": "08:00"}], "availability.0.end"),
    # areas
    bad("/v1/stations", "area", UNKNOWN_AREA, "area", 404, 422),
    bad("/v1/stations", "area", "11010200901"),
    bad("/v1/stations", "area", AREA[:9], "area", 422),
    bad("/v1/funds", "area", UNKNOWN_AREA),
    bad("/v1/volunteers", "area", UNKNOWN_AREA),
    bad("/v1/volunteers", "area", "here"),
    # unknown ids
    bad("/v1/needs", "station_id", "station_nowhere", "station_id", 404),
    bad("/v1/donations", "station_id", "station_nowhere", "station_id", 404),
    Bad(
        "/v1/donations",
        (("station_id", None), ("fund_id", "fund_nowhere"), ("goods", []), ("amount_fen", 5)),
        "fund_id",
        (404,),
    ),
    bad("/v1/donations", "donor_id", "donor_nowhere", "donor_id", 404),
    # rules between fields
    bad("/v1/needs", "lines", [], "lines"),
    bad("/v1/donations", "amount_fen", 5, "goods"),
    bad("/v1/donations", "fund_id", "FUND", "station_id"),
    Bad("/v1/keys", (("roles", ["administrator"]), ("area", "11")), "area"),
]
