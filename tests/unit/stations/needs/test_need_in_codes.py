"""A need speaks in codes and base units; words that the catalogue does not have are refused, and never stored."""

from typing import Any

import pytest
from pydantic import ValidationError
from stations_in_memory import COMMUNITY, HOUR, StationsInMemory

from shared.contracts.charity.funds import OpenFund
from shared.contracts.refusals import Refused
from shared.contracts.stations.catalogue import ExtendEntry, RetireEntry
from shared.contracts.stations.needs import NeedPublished, RegisterNeeds
from shared.contracts.stations.network import OpenStation
from shared.engine.decide.memory import START

WANG, ZHANG, LI = "王伟 110105194912310022", "张三家 13912345678", "送到李四 13912345678"
SLOT = {"headcount": 1, "starts_at": START + HOUR, "ends_at": START + 2 * HOUR}


def goods(item: str = "口罩", quantity: int = 2, unit: str = "10件包") -> dict[str, Any]:
    return {"kind": "goods", "item": item, "quantity": quantity, "unit": unit}


def refusal_of(service: StationsInMemory, **changes: Any) -> Refused:
    events = len(service.engine.events)
    with pytest.raises(Refused) as refused:
        service.register(**changes)
    assert len(service.engine.events) == events
    return refused.value


def test_labels_in_any_writing_become_codes_in_the_need_and_its_event() -> None:
    service = StationsInMemory()
    volunteers = {**SLOT, "skills": ["急救", "First Aid"], "languages": ["粤语", "ZH"]}
    service.register(
        theme="养老 服务",
        beneficiaries={"count": 1, "groups": ["独居", "LIVING ALONE", "80+"]},
        lines=[goods()],
        volunteers=volunteers,
    )
    (event,) = service.engine.emitted(NeedPublished)
    assert (event.theme, event.beneficiary_groups) == ("elderly_care", ("living_alone", "elderly_80_plus"))
    assert event.volunteers is not None
    assert (event.volunteers.skills, event.volunteers.languages) == (("first_aid",), ("yue", "cmn"))
    (line,) = event.lines
    assert (line.item, line.requested, line.base_unit) == ("mask", 20, "piece")
    assert (line.quantity, line.unit, line.commodity) == (2, "pack_10", "goods:mask")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"theme": WANG}, "theme"),
        ({"beneficiaries": {"count": 1, "groups": ["elderly", ZHANG]}}, "beneficiaries.groups.1"),
        ({"lines": [goods(item=LI)]}, "lines.0.item"),
        ({"lines": [goods(unit=LI)]}, "lines.0.unit"),
        ({"volunteers": {**SLOT, "skills": [ZHANG]}}, "volunteers.skills.0"),
        ({"volunteers": {**SLOT, "languages": [ZHANG]}}, "volunteers.languages.0"),
    ],
)
def test_words_about_a_person_are_refused_and_not_repeated(changes: dict[str, Any], field: str) -> None:
    refusal = refusal_of(StationsInMemory(), **changes)
    assert (refusal.code, refusal.field) == ("invalid", field)
    assert not any(part in str(refusal) for part in ("139", "1101", "王伟", "张三", "李四"))


@pytest.mark.parametrize(
    ("rules", "rule"),
    [
        ({"divisible": False, "min_useful": 1}, "no_part_of_indivisible"),
        ({"min_useful": 3}, "min_useful_above_quantity"),
    ],
)
def test_a_least_useful_part_is_a_part_of_a_line_that_has_parts(rules: dict[str, Any], rule: str) -> None:
    refusal = refusal_of(StationsInMemory(), lines=[{**goods(), **rules}])
    assert (refusal.code, refusal.field, refusal.rule) == ("invalid", "lines.0.min_useful", rule)


@pytest.mark.parametrize("name", [WANG, ZHANG, LI])
def test_a_public_name_with_the_number_of_a_person_is_refused(name: str) -> None:
    for opened in (
        {"kind": OpenStation, "area": COMMUNITY, "level": "station"},
        {"kind": OpenFund, "area": COMMUNITY},
    ):
        kind = opened.pop("kind")
        with pytest.raises(ValidationError, match="no_personal_number"):
            kind.model_validate({**opened, "name": name})  # type: ignore[attr-defined]


def test_a_slip_of_the_pen_names_at_most_five_entries() -> None:
    near = str(refusal_of(StationsInMemory(), theme="养老服").values["nearest"]).split(",")
    assert near[0] == "elderly_care"
    assert len(near) <= 5


def test_a_retired_entry_in_a_new_need_names_its_successor_and_older_needs_go_on() -> None:
    service = StationsInMemory()
    before = service.register(theme="youth", publish=False)
    service.engine.command(RetireEntry(kind="theme", code="youth", successor="children"))
    refusal = refusal_of(service, theme="青少年")
    assert (refusal.rule, refusal.values["successor"]) == ("entry_succeeded", "children")
    assert service.need(before.id).theme == "youth"


def test_a_unit_that_was_added_in_the_same_batch_is_known() -> None:
    service = StationsInMemory()
    pack = {"code": "pack_25", "zh": "25件包", "en": "pack of 25", "factor": 25}
    added = ExtendEntry.model_validate({"kind": "item", "code": "mask", "units": [pack]})
    asked = service.asked(lines=[goods(quantity=50, unit="25件包")])
    engine = service.engine
    outcomes = engine.batch([engine.incoming("command", one, one.type, f"k{one.type}") for one in (added, asked)])
    assert [outcome.refusal or outcome.failure for outcome in outcomes] == [None, None]
    assert outcomes[1].answer.lines[0].requested == 1250


def test_one_of_several_with_an_unknown_word_is_refused_alone() -> None:
    service = StationsInMemory()
    asked = RegisterNeeds(needs=(service.asked(), service.asked(theme="unheard of"), service.asked()))
    items = service.engine.command(asked).items
    assert [item.ok is not None for item in items] == [True, False, True]
    assert items[1].error.field == "theme"


def test_more_than_can_be_counted_is_refused() -> None:
    refusal = refusal_of(StationsInMemory(), lines=[goods("煤炭", 10**9, "吨")])
    assert (refusal.rule, refusal.field) == ("quantity_too_large", "lines.0.quantity")
