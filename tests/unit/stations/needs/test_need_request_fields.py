"""No field of a need's request is forgotten in silence: it is stored or sealed, or a list here gives the reason."""

from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from stations_in_memory import COMMUNITY

from services.stations.needs.domain.intake import registered
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import seal_text
from shared.contracts.catalogue.matching import SHIPPED
from shared.contracts.need_parts import Place, VolunteerRequest
from shared.contracts.stations.need_request import Beneficiaries, GoodsAsked, MoneyAsked, ServiceAsked, VolunteersAsked
from shared.contracts.stations.needs import RegisterNeed
from shared.engine.decide.memory import START
from shared.runtime.vault import Vault
from tests.each import for_each

HOUR: Final = timedelta(hours=1)


def slot(headcount: int = 1, **changes: Any) -> VolunteerRequest:
    return VolunteerRequest(**{"headcount": headcount, "starts_at": START, "ends_at": START + HOUR, **changes})


def asked_slot(headcount: int = 1, **changes: Any) -> VolunteersAsked:
    return VolunteersAsked(**dict(slot(headcount, **changes)))


GOODS: Final = GoodsAsked(kind="goods", item="mask", quantity=3, unit="piece")
MONEY: Final = MoneyAsked(kind="money", amount_fen=5000, purpose="her heating bill")
SERVICE: Final = ServiceAsked(kind="service", item="counselling", quantity=2)

REQUEST: Final[dict[str, Any]] = {
    "station_id": "station_a",
    "title": "Rice for Grandmother Yu",
    "theme": "elderly_care",
    "urgency": "normal",
    "severity": 3,
    "due": START + 8 * HOUR,
    "location": Place(lon=116.33712, lat=39.92891),
    "beneficiaries": Beneficiaries(count=1, groups=("elderly",)),
    "lines": (GOODS, MONEY, SERVICE),
    "volunteers": asked_slot(skills=("cooking",), languages=("cmn",)),
    "publish": False,
    "external_id": "case-1",
    "channel": "visit",
    "residents": (),
}
"""A value for each field of the command."""

CHANGES: Final[dict[str, tuple[Any, ...]]] = {
    "station_id": ("station_b",),
    "title": ("Flour for Grandmother Yu",),
    "theme": ("children",),
    "urgency": ("high",),
    "severity": (4,),
    "due": (START + 9 * HOUR,),
    "location": (Place(lon=116.34812, lat=39.92891), Place(lon=116.33712, lat=39.93891)),
    "beneficiaries": (Beneficiaries(count=2, groups=("elderly",)), Beneficiaries(count=1, groups=("children",))),
    "lines": (
        (MONEY, SERVICE),
        (GOODS.model_copy(update={"item": "towel"}), MONEY, SERVICE),
        (GOODS.model_copy(update={"quantity": 4}), MONEY, SERVICE),
        (GOODS.model_copy(update={"unit": "pack_10"}), MONEY, SERVICE),
        (GOODS, MONEY.model_copy(update={"amount_fen": 5001}), SERVICE),
        (GOODS, MONEY.model_copy(update={"purpose": "her rent"}), SERVICE),
        (GOODS, MONEY, SERVICE.model_copy(update={"item": "legal_aid"})),
        (GOODS, MONEY, SERVICE.model_copy(update={"quantity": 3})),
        tuple(line.model_copy(update={"divisible": False}) for line in (GOODS, MONEY, SERVICE)),
        tuple(line.model_copy(update={"min_useful": 2}) for line in (GOODS, MONEY, SERVICE)),
    ),
    "volunteers": (
        None,
        asked_slot(headcount=2, skills=("cooking",), languages=("cmn",)),
        asked_slot(skills=("driving",), languages=("cmn",)),
        asked_slot(skills=("cooking",), languages=("yue",)),
        asked_slot(skills=("cooking",), languages=("cmn",), starts_at=START + HOUR / 2),
        asked_slot(skills=("cooking",), languages=("cmn",), ends_at=START + 2 * HOUR),
    ),
    "publish": (True,),
    "external_id": ("case-2",),
    "residents": (("resident_a",),),
    "channel": ("hotline", "grid"),
}
"""Other values for each: one change of every part."""

NOT_KEPT: Final = {
    "publish": "decides whether the draft is published at once; the state shows the decision",
    "external_id": "kept apart, see shared/engine/decide/external_ids.py",
    "residents": "kept beside the need, see services/stations/needs/domain/named.py",
}
"""The fields of the command that are neither stored nor sealed, each with its reason."""


def kept(asked: RegisterNeed, now: datetime = START) -> tuple[Need, str]:
    """The parts that are stored, and those that are sealed, opened."""
    need = registered(asked, SHIPPED, need_id="need_a", area=COMMUNITY, now=now)
    vault = Vault(bytes(32), "stations", bound=False)
    return need, vault.open(seal_text("need_a", asked, vault).asked)


def test_each_field_of_the_command_has_values_here():
    assert REQUEST.keys() == CHANGES.keys() == RegisterNeed.model_fields.keys()


@for_each(("field", "value"), [(field, value) for field, values in CHANGES.items() for value in values], ids=str)
def test_a_field_of_the_command_is_stored_or_sealed_or_has_a_reason_not_to_be(field: str, value: Any):
    changed = kept(RegisterNeed(**{**REQUEST, field: value}))

    assert (changed != kept(RegisterNeed(**REQUEST))) is (field not in NOT_KEPT), (
        f"keep {field} in services/stations/needs/domain/intake.py, or seal it in text.py beside it"
    )


@pytest.mark.parametrize(
    ("field", "model", "index"),
    [
        ("beneficiaries", Beneficiaries, None),
        ("volunteers", VolunteerRequest, None),
        ("location", Place, None),
        ("lines", GoodsAsked, 0),
        ("lines", MoneyAsked, 1),
        ("lines", ServiceAsked, 2),
    ],
)
def test_every_part_of_a_field_is_changed_in_some_value(field: str, model: type[Any], index: int | None):
    first = REQUEST[field] if index is None else REQUEST[field][index]
    others = CHANGES[field] if index is None else [lines[index] for lines in CHANGES[field] if len(lines) == 3]
    for part in model.model_fields.keys() - {"kind"}:
        assert any(other is not None and getattr(other, part) != getattr(first, part) for other in others), part
