"""Gifts in codes and base units: one thing is one commodity, and the owner is asked about labels unknown to a view."""

from collections.abc import Sequence
from typing import Any

import pytest
from charity_in_memory import COMMUNITY

from services.charity.declaration import DECLARATION
from services.charity.linking.domain.link import Link
from services.charity.stock.domain import Supply
from services.stations.declaration import DECLARATION as STATIONS
from shared.catalogue import Owner, StoredEntry
from shared.catalogue.asking import AskOwner, Labelled
from shared.catalogue.owner import SECONDS, RpcOwner
from shared.contracts.catalogue.entries import Entry
from shared.contracts.catalogue.matching import SHIPPED
from shared.contracts.charity.donations import Donate
from shared.contracts.refusals import Refused
from shared.contracts.stations.catalogue import AddEntry, ExtendEntry, RetireEntry
from shared.engine.decide.memory import MemoryEngine
from shared.runtime.vault import Vault

PACK = {"code": "pack_25", "zh": "25件包", "en": "pack of 25", "factor": 25}


class Knows:
    """An owner with some entries; `away` gives no answer."""

    def __init__(self, *entries: Entry, away: bool = False) -> None:
        self.entries, self.away, self.asked = entries, away, list[Labelled]()

    def find_entries(self, labels: Sequence[Labelled]) -> Sequence[Entry] | None:
        self.asked += labels
        return None if self.away else self.entries


def charity(owner: Owner | None = None) -> MemoryEngine:
    return MemoryEngine(DECLARATION.handlers(vault=Vault(bytes(32)), catalogue_owner=owner or Knows()))


def gift(item: str, quantity: int, unit: str) -> Donate:
    goods = [{"item": item, "quantity": quantity, "unit": unit}]
    return Donate.model_validate({"station_id": "st_1", "station_area": COMMUNITY, "goods": goods})


def stock(engine: MemoryEngine) -> dict[str, int]:
    return {supply.commodity: supply.available for supply in engine.all(Supply)}


def refused(engine: MemoryEngine, command: Any) -> Refused:
    before = dict(engine.entities)
    with pytest.raises(Refused) as refusal:
        engine.command(command)
    assert engine.entities == before
    return refusal.value


def entry(**more: Any) -> AddEntry:
    asked = {"kind": "item", "code": "face_shield", "zh": "面罩", "en": "face shield", "form": "goods"}
    return AddEntry.model_validate({**asked, "units": [{"code": "piece", "zh": "件", "en": "piece"}, PACK], **more})


def changes(*commands: Any) -> MemoryEngine:
    owner = MemoryEngine(STATIONS.handlers(vault=Vault(bytes(32))))
    for command in commands:
        owner.command(command)
    return owner


def test_one_thing_in_five_writings_is_one_stock() -> None:
    engine = charity()
    for label in ("大米", "Rice", "ＲＩＣＥ", "r i c e", "rice"):
        engine.command(gift(label, 2, "公斤"))
    assert stock(engine) == {"goods:rice": 10_000}


def test_the_gift_is_shown_back_as_it_was_given_beside_its_base_units() -> None:
    (goods,) = charity().command(gift("大米", 3, "公斤")).goods
    assert (goods.item, goods.quantity, goods.unit, goods.base_quantity, goods.base_unit) == (
        "rice", 3, "kilogram", 3000, "gram",
    )  # fmt: skip


def test_stages_of_milk_powder_never_run_together() -> None:
    engine = charity()
    engine.command(gift("奶粉:1段", 1, "罐"))
    assert refused(engine, gift("奶粉", 1, "1段:罐")).rule == "unknown_label"
    assert stock(engine) == {"goods:milk_powder_stage_1": 1}


def test_fifty_packs_of_25_are_1250_pieces() -> None:
    owner = changes(ExtendEntry.model_validate({"kind": "item", "code": "mask", "units": [PACK]}))
    engine = charity()
    engine.event(owner.events[0])
    engine.command(gift("口罩", 50, "pack of 25"))
    assert stock(engine) == {"goods:mask": 1250}
    assert engine.all(Link) == []


@pytest.mark.parametrize(
    ("label", "unit", "field", "rule", "args"),
    [
        ("wheelchiar", "piece", "goods.0.item", "unknown_label", {"wheelchair"}),
        ("送到李四 13912345678", "piece", "goods.0.item", None, set()),
        ("rice", "bottle", "goods.0.unit", "unknown_unit", {"gram"}),
        ("counselling", "session", "goods.0.item", "item_of_other_form", {"counselling"}),
    ],
)
def test_what_the_catalogue_does_not_have_is_refused_with_the_nearest(
    label: str, unit: str, field: str, rule: str | None, args: set[str]
) -> None:
    refusal = refused(charity(), gift(label, 1, unit))
    assert (refusal.code, refusal.field) == ("invalid", field)
    assert rule in (None, refusal.rule)
    told = ",".join(map(str, refusal.values.values()))
    assert args <= set(told.split(","))
    assert label not in told or rule in ("unknown_unit", "item_of_other_form")
    assert len(str(refusal.values.get("nearest", "")).split(",")) <= 5


def test_a_retired_item_names_its_successor() -> None:
    owner = changes(entry(), RetireEntry(kind="item", code="mask", successor="face_shield"))
    engine = charity()
    for event in owner.events:
        engine.event(event)
    refusal = refused(engine, gift("口罩", 1, "piece"))
    assert (refusal.rule, refusal.values["successor"]) == ("entry_succeeded", "face_shield")


def test_an_item_that_was_just_added_is_asked_for_at_its_owner() -> None:
    added = changes(entry()).all(StoredEntry)[0].entry
    owner = Knows(added)
    queries = [AskOwner("item", label, owner) for label in ("面 罩", "unheard of")]
    found = AskOwner.fetch(None, queries)  # type: ignore[arg-type]  # it reads no store
    assert [[row["entry"]["code"] for row in rows] for rows in found] == [["face_shield"], []]
    assert owner.asked == [("item", "面 罩"), ("item", "unheard of")]


def test_while_the_owner_is_away_nobody_can_say_whether_a_word_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = charity(owner := Knows(away=True))
    rows = AskOwner.fetch(None, [AskOwner("item", "面罩", owner)])[0]  # type: ignore[arg-type]  # it reads no store
    replies = [AskOwner.model.from_document(row) for row in rows]
    monkeypatch.setattr("shared.catalogue.asking._replies", lambda *_: replies)
    assert refused(engine, gift("面罩", 1, "piece")).code == "unavailable"
    assert engine.command(gift("rice", 1, "gram")).goods, "a word that is known needs no owner"


def test_a_silent_owner_is_not_waited_for_again_and_an_unknown_word_not_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, calls = [100.0], list[Sequence[Labelled]]()
    owner = RpcOwner("amqp://nowhere/", "charity", clock=lambda: now[0])

    def ask(labels: Sequence[Labelled]) -> list[Entry]:
        calls.append(labels)
        if len(calls) == 1:
            raise OSError("away")
        return [SHIPPED.entries["item", "mask"]]

    monkeypatch.setattr(owner, "_ask", ask)
    assert owner.find_entries([("item", "x")]) is None
    assert owner.find_entries([("item", "x")]) is None
    assert len(calls) == 1
    now[0] += 3 * SECONDS
    assert owner.find_entries([("item", "x"), ("item", "口罩")]) == [SHIPPED.entries["item", "mask"]]
    assert owner.find_entries([("item", "x")]) == ()
    assert len(calls) == 2
