"""The city extends the catalogue: entries are added, extended and retired, and never changed otherwise."""

from typing import Any

import pytest

from services.charity.declaration import DECLARATION as CHARITY
from services.stations.declaration import DECLARATION
from shared.catalogue import CatalogueState, NoOwner, StoredEntry, catalogue_of, load_catalogue
from shared.contracts.refusals import Refused
from shared.contracts.stations.catalogue import (
    AddEntry,
    EntryAdded,
    EntryExtended,
    EntryRetired,
    ExtendEntry,
    RetireEntry,
)
from shared.engine.decide.memory import MemoryEngine
from shared.runtime.vault import Vault

PIECE = {"code": "piece", "zh": "件", "en": "piece"}
PACK = {"code": "pack_25", "zh": "25件包", "en": "pack of 25", "factor": 25}


def stations() -> MemoryEngine:
    return MemoryEngine(DECLARATION.handlers(vault=Vault(bytes(32))))


def item(code: str = "face_shield", **more: Any) -> AddEntry:
    asked = {"kind": "item", "code": code, "zh": "面罩", "en": "face shield", "form": "goods", "units": [PIECE, PACK]}
    return AddEntry.model_validate({**asked, **more})


def theme(code: str, zh: str, **more: Any) -> AddEntry:
    return AddEntry.model_validate({"kind": "theme", "code": code, "zh": zh, "en": code.replace("_", " "), **more})


def refused(engine: MemoryEngine, command: Any) -> tuple[str, str | None, str | None]:
    events = len(engine.events)
    with pytest.raises(Refused) as refusal:
        engine.command(command)
    assert len(engine.events) == events
    return refusal.value.code, refusal.value.field, refusal.value.rule


def test_a_city_adds_an_item_and_one_event_tells_it() -> None:
    engine = stations()
    answer = engine.command(item())
    assert (answer.id, answer.version, answer.entry.units[1].factor) == ("item:face_shield", 1, 25)
    (event,) = engine.emitted(EntryAdded)
    assert event.entry == answer.entry


def test_an_unknown_entry_is_neither_extended_nor_retired() -> None:
    engine = stations()
    for command in (ExtendEntry(kind="item", code="nothing"), RetireEntry(kind="item", code="nothing")):
        assert refused(engine, command) == ("not_found", "code", "known_entry")


def test_an_entry_with_another_factor_is_refused_with_the_one_that_stands() -> None:
    engine = stations()
    engine.command(item())
    other = item(units=[PIECE, {**PACK, "factor": 24}])
    assert refused(engine, other) == ("conflict", "units", "factor_never_changes")
    assert refused(engine, item(zh="面屏")) == ("conflict", "code", "code_taken")


def test_the_same_entry_again_changes_nothing() -> None:
    engine = stations()
    first = engine.command(item())
    assert engine.command(item()) == first
    assert len(engine.events) == 1


def test_a_code_is_given_once() -> None:
    engine = stations()
    engine.command(item())
    assert refused(engine, item(zh="护面罩")) == ("conflict", "code", "code_taken")
    assert refused(engine, item("rice", zh="新米")) == ("conflict", "code", "code_taken")


@pytest.mark.parametrize("taken", [{"zh": "大 米"}, {"en": "ＲＩＣＥ"}, {"synonyms": ["ri ce"]}])
def test_a_name_of_another_entry_is_refused_in_any_writing(taken: dict[str, Any]) -> None:
    (field,) = taken
    assert refused(stations(), item(**taken)) == ("invalid", field, "one_entry_a_name")


def test_a_name_that_the_city_has_given_is_refused_too() -> None:
    engine = stations()
    engine.command(theme("pets", "宠物", synonyms=["animals"]))
    assert refused(engine, theme("animals", "动物")) == ("invalid", "code", "one_entry_a_name")


def test_two_in_one_batch_cannot_take_one_name() -> None:
    engine = stations()
    asked = [theme("pets", "宠物"), theme("animals", "宠物")]
    outcomes = engine.batch([engine.incoming("command", one, one.type, f"k{n}") for n, one in enumerate(asked)])
    assert [outcome.refusal is None for outcome in outcomes] == [True, False]


@pytest.mark.parametrize(
    ("wrong", "field", "rule"),
    [
        ({"units": []}, "units", "item_has_units"),
        ({"units": [PACK]}, "units", "one_base_unit"),
        ({"units": [PIECE, {**PACK, "en": "Piece"}]}, "units", "unit_names_differ"),
        ({"form": None}, "form", "item_has_form"),
        ({"equivalents": ["counselling"]}, "equivalents", "known_equivalent"),
        ({"equivalents": ["unheard_of"]}, "equivalents", "known_equivalent"),
        ({"kind": "theme", "form": None}, "units", "only_items_have_units"),
    ],
)
def test_an_unsound_entry_is_refused(wrong: dict[str, Any], field: str, rule: str) -> None:
    assert refused(stations(), item(**wrong)) == ("invalid", field, rule)


@pytest.mark.parametrize("field", ["zh", "en", "synonyms"])
def test_a_word_with_the_number_of_a_person_is_refused(field: str) -> None:
    word = "张三 13912345678"
    with pytest.raises(ValueError, match="no_personal_number"):
        item(**{field: [word] if field == "synonyms" else word})


def test_an_entry_gets_further_words_and_units_and_keeps_what_it_has() -> None:
    engine = stations()
    asked = ExtendEntry.model_validate({"kind": "item", "code": "mask", "synonyms": ["面具"], "units": [PACK]})
    answer = engine.command(asked)
    assert [unit.code for unit in answer.entry.units] == ["piece", "pack_10", "pack_50", "pack_25"]
    assert "医用口罩" in answer.entry.synonyms
    assert engine.command(asked) == answer
    assert len(engine.emitted(EntryExtended)) == 1


def test_a_factor_never_changes() -> None:
    wider = ExtendEntry.model_validate(
        {
            "kind": "item",
            "code": "mask",
            "units": [{"code": "pack_10", "zh": "10件包", "en": "pack of 10", "factor": 12}],
        }
    )
    assert refused(stations(), wider) == ("conflict", "units", "factor_never_changes")


def test_an_entry_is_retired_with_its_successor_and_stays_readable() -> None:
    engine = stations()
    engine.command(item())
    answer = engine.command(RetireEntry(kind="item", code="mask", successor="face_shield"))
    assert answer.entry.retired_at == engine.now
    assert answer.entry.successor == "face_shield"
    assert engine.command(RetireEntry(kind="item", code="mask", successor="face_shield")) == answer
    assert len(engine.emitted(EntryRetired)) == 1


@pytest.mark.parametrize("successor", ["mask", "unheard_of", "rice", "counselling"])
def test_a_successor_is_another_entry_in_use_in_the_same_base_unit(successor: str) -> None:
    wrong = RetireEntry(kind="item", code="mask", successor=successor)
    assert refused(stations(), wrong) == ("invalid", "successor", "successor_in_use")


def test_a_retired_entry_is_not_extended() -> None:
    engine = stations()
    engine.command(RetireEntry(kind="theme", code="youth"))
    assert refused(engine, ExtendEntry(kind="theme", code="youth", synonyms=("young",))) == (
        "wrong_state", "code", "entry_in_use",
    )  # fmt: skip


def test_the_view_of_another_service_ends_the_same_in_any_order_and_repetition() -> None:
    owner = stations()
    owner.command(item())
    owner.command(ExtendEntry(kind="item", code="face_shield", synonyms=("防护面罩",)))
    owner.command(RetireEntry(kind="item", code="face_shield"))
    digests = set()
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2, 0, 1]):
        view = MemoryEngine(CHARITY.handlers(vault=Vault(bytes(32)), catalogue_owner=NoOwner()))
        for nth in order:
            view.event(owner.events[nth])
        (stored,) = view.all(StoredEntry)
        assert stored.entry == owner.all(StoredEntry)[0].entry
        digests.add(view.all(CatalogueState)[0].digest)
    assert digests == {owner.all(CatalogueState)[0].digest}


def test_a_handler_reads_the_shipped_entries_and_the_citys(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = stations()
    engine.command(item())
    codes: list[str | None] = []

    def look(message: Any) -> Any:
        yield from load_catalogue()
        work = yield []
        for label in ("面 罩", "RICE", "unheard of"):
            found = catalogue_of(work).find("item", label)
            codes.append(found.code if found else None)

    monkeypatch.setattr(engine.handlers, "find", lambda *_: look)
    engine.command(item())
    assert codes == ["face_shield", "rice", None]


def test_an_entry_too_large_for_an_event_is_refused_with_its_largest_field_and_nothing_is_kept() -> None:
    engine = stations()
    units = [
        {
            "code": f"unit_{n}",
            "zh": f"单{n:02}".ljust(64, "位"),
            "en": f"unit {n}",
            "factor": n + 1,
            "synonyms": [f"名{n:02}{m:02}".ljust(64, "称") for m in range(20)],
        }
        for n in range(20)
    ]
    assert refused(engine, item(units=units)) == ("invalid", "units", "effect_too_large")
    assert engine.all(StoredEntry) == []
    assert engine.command(item(units=units[:10])).version == 1


def test_an_entry_is_extended_to_twenty_words_and_no_further() -> None:
    engine = stations()
    engine.command(item(synonyms=[f"护面{n}" for n in range(20)]))
    more = ExtendEntry(kind="item", code="face_shield", synonyms=("护面20",))
    assert refused(engine, more) == ("invalid", "code", "entry_too_large")
    again = ExtendEntry(kind="item", code="face_shield", synonyms=("护面19",))
    assert len(engine.command(again).entry.synonyms) == 20
