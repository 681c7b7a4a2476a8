"""One thing has one code, in any writing of its name; quantities convert exactly."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.catalogue import DEFAULTS, Catalogue, Entry, Unit, fold
from shared.contracts.catalogue.entries import KINDS
from shared.contracts.catalogue.matching import NEAREST, SHIPPED, check_units, convert, find_unit, in_unit
from shared.contracts.catalogue.resolution import require_entry
from shared.contracts.refusals import Refused

PIECE = Unit(code="piece", zh="件", en="piece")
PACK = Unit(code="pack_25", zh="25件包", en="pack of 25", factor=25)


@pytest.mark.parametrize(
    "label", ["大米", "大 米", "Rice", "ＲＩＣＥ", "r i c e", "rice", "ri\u200bce", "\ufeffRICE\u0000"]
)
def test_one_thing_is_found_in_every_writing(label: str) -> None:
    found = SHIPPED.find("item", label)
    assert found is not None
    assert found.code == "rice"


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(label: str) -> None:
    assert fold(fold(label)) == fold(label)


@given(
    st.text(max_size=20), st.lists(st.sampled_from(" \t\n\u3000\u200b\u200d\ufeff\u0000\u2003"), max_size=6), st.data()
)
def test_blanks_and_hidden_characters_never_tell_labels_apart(
    label: str, hidden: list[str], data: st.DataObject
) -> None:
    spread = fold(label)
    for character in hidden:
        at = data.draw(st.integers(0, len(spread)))
        spread = spread[:at] + character + spread[at:]
    assert fold(spread) == fold(label)


def test_every_shipped_entry_is_found_by_each_of_its_names() -> None:
    for entry in DEFAULTS:
        for name in entry.names:
            assert SHIPPED.find(entry.kind, name) == entry, f"{name} of {entry.code} belongs to another entry"


def test_each_kind_has_dozens_of_entries_in_both_languages() -> None:
    counts = Counter(entry.kind for entry in DEFAULTS)
    assert all(counts[kind] >= 24 for kind in KINDS)
    assert all(any("\u4e00" <= c <= "\u9fff" for c in entry.zh) and entry.en.isprintable() for entry in DEFAULTS)


def test_the_units_of_every_shipped_item_are_sound() -> None:
    items = [entry for entry in DEFAULTS if entry.kind == "item"]
    for item in items:
        check_units(item.units)
    assert [item.code for item in items if not all(SHIPPED.get("item", code) for code in item.equivalents)] == []


@given(st.text(min_size=1, max_size=30))
def test_the_nearest_entries_are_few_and_in_use(label: str) -> None:
    near = SHIPPED.nearest("item", label)
    assert len(near) <= NEAREST
    assert all(entry.retired_at is None and entry.kind == "item" for entry in near)


def test_a_slip_of_the_pen_is_answered_with_the_entry_meant() -> None:
    assert SHIPPED.nearest("item", "wheelchiar")[0].code == "wheelchair"
    assert SHIPPED.nearest("skill", "first ade")[0].code == "first_aid"


def test_a_word_of_another_kind_does_not_count() -> None:
    assert SHIPPED.find("theme", "rice") is None


def test_no_two_items_run_together_in_the_ledger() -> None:
    commodities = [entry.commodity for entry in DEFAULTS if entry.kind == "item"]
    assert len(commodities) == len(set(commodities))
    assert all(commodity.count(":") == 1 for commodity in commodities)


def test_a_name_of_another_entry_is_named_as_clashing() -> None:
    taken = Entry(
        kind="item", code="paddy", zh="稻谷", en="ＲＩＣＥ", synonyms=("paddy", "大 米"), form="goods", units=(PIECE,)
    )
    assert SHIPPED.clashes(taken) == ["ＲＩＣＥ", "大 米"]
    assert SHIPPED.clashes(SHIPPED.entries["item", "rice"]) == []


def test_a_later_form_of_an_entry_counts() -> None:
    later = SHIPPED.entries["item", "mask"].model_copy(update={"units": (PIECE, PACK)})
    assert SHIPPED.with_entries([later]).find("item", "口罩") == later


@given(st.integers(1, 10**9), st.integers(1, 10**6))
def test_conversion_is_exact_in_both_directions(quantity: int, factor: int) -> None:
    unit = PACK.model_copy(update={"factor": factor})
    assert in_unit(convert(quantity, unit), unit) == quantity


def test_fifty_packs_of_25_are_1250_pieces_and_1251_are_no_whole_packs() -> None:
    assert convert(50, PACK) == 1250
    assert in_unit(1250, PACK) == 50
    assert in_unit(1251, PACK) is None


def test_a_unit_is_found_by_its_words_and_none_means_the_base_unit() -> None:
    rice = SHIPPED.entries["item", "rice"]
    assert find_unit(rice, None) == rice.base
    assert (unit := find_unit(rice, "公斤")) is not None
    assert unit.code == "kilogram"
    assert find_unit(rice, "bottle") is None


@pytest.mark.parametrize(
    ("units", "fault"),
    [
        ((), "item_has_units"),
        ((PACK,), "one_base_unit"),
        ((PIECE, PACK.model_copy(update={"factor": 1})), "one_base_unit"),
        ((PIECE, PACK.model_copy(update={"en": "Piece"})), "unit_names_differ"),
    ],
)
def test_units_that_cannot_be_told_apart_or_counted_are_faulty(units: tuple[Unit, ...], fault: str) -> None:
    with pytest.raises(Refused) as refused:
        check_units(units)
    assert refused.value.rule == fault


def test_entries_of_a_kind_that_this_release_does_not_know_are_kept() -> None:
    strange = SHIPPED.entries["item", "rice"].model_copy(update={"kind": "vehicle"})
    assert Catalogue.of([strange]).find("vehicle", "rice") == strange  # type: ignore[arg-type]


def test_a_retired_entry_names_the_successor_that_is_in_use() -> None:
    def form(code: str, successor: str) -> Entry:
        gone = datetime(2030, 1, 1, tzinfo=UTC) if successor else None
        return Entry(kind="theme", code=code, zh=f"主题{code}", en=code, retired_at=gone, successor=successor)

    chain = Catalogue.of([form("theme_a", "theme_b"), form("theme_b", "theme_c"), form("theme_c", "")])
    with pytest.raises(Refused) as refusal:
        require_entry(chain, "theme", "theme_a", "theme")
    assert (refusal.value.rule, refusal.value.values["successor"]) == ("entry_succeeded", "theme_c")
    circle = Catalogue.of([form("theme_a", "theme_b"), form("theme_b", "theme_a")])
    with pytest.raises(Refused) as refusal:
        require_entry(circle, "theme", "theme_a", "theme")
    assert refusal.value.rule == "entry_retired"
