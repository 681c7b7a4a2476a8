"""The rule that tells which change of a schema somebody could not understand, in words."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from shared.contracts.compatibility import compare_releases, find_breaks

pytestmark = pytest.mark.contract

EVENT, COMMAND = "shop/events/shop.box.filled.json", "shop/commands/Fill.json"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "$defs": {
        "Part": {"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]},
        "Cash": {
            "type": "object",
            "properties": {"kind": {"const": "cash", "type": "string"}, "fen": {"type": "integer"}},
            "required": ["kind"],
        },
        "Goods": {
            "type": "object",
            "properties": {"kind": {"const": "goods", "type": "string"}, "item": {"type": "string"}},
            "required": ["kind"],
        },
    },
    "properties": {
        "state": {"type": "string", "enum": ["open", "shut"]},
        "amount": {"type": "integer", "minimum": 1, "maximum": 10},
        "hint": {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}], "default": None},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
        "gift": {"oneOf": [{"$ref": "#/$defs/Cash"}, {"$ref": "#/$defs/Goods"}]},
    },
    "required": ["state", "amount"],
}


def changed(change: Callable[[dict[str, Any]], Any], *, closed: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    before = copy.deepcopy(SCHEMA)
    if closed:
        for part in (before, *before["$defs"].values()):
            part["additionalProperties"] = False
    now = copy.deepcopy(before)
    change(now)
    return before, now


def said(path: str, change: Callable[[dict[str, Any]], Any]) -> list[str]:
    return [str(b).replace(f" {path}", "") for b in find_breaks(path, *changed(change, closed=path == COMMAND))]


def field(name: str, **part: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda schema: schema["properties"][name].update(part)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s["properties"].pop("hint"), ["forward hint: is not sent any more"]),
        (lambda s: s["$defs"]["Part"]["properties"].update(size={"type": "integer"}), []),
        (
            lambda s: (s["properties"].pop("amount"), s["required"].remove("amount")),
            [
                "forward amount: is not sent any more",
                "forward amount: is not sent, and its reader requires it",
            ],
        ),
        (
            lambda s: s["required"].append("hint"),
            ["back hint: may be left out, and its reader requires it"],
        ),
        (
            lambda s: s["required"].remove("amount"),
            ["forward amount: may be left out, and its reader requires it"],
        ),
        (
            field("amount", type="string"),
            [
                "back amount: may be integer, which its reader does not take",
                "forward amount: may be string, which its reader does not take",
            ],
        ),
        (
            field("state", enum=["open", "shut", "lost"]),
            ["forward state: may be 'lost', which its reader does not know"],
        ),
        (field("state", enum=["open"]), ["back state: may be 'shut', which its reader does not know"]),
        (field("amount", maximum=99), ["forward amount: may be more than 10, which its reader refuses"]),
        (field("amount", minimum=5), ["back amount: may be less than 5, which its reader refuses"]),
        (
            field("hint", anyOf=[{"type": "string", "maxLength": 5}]),
            ["back hint: may be null, which its reader does not take"],
        ),
        (
            lambda s: s["$defs"]["Part"]["properties"]["item"].update(pattern="^[a-z]+$"),
            ["back parts[].item: need not have the pattern '^[a-z]+$' that its reader wants"],
        ),
        (
            lambda s: s["properties"]["gift"]["oneOf"].pop(),
            ["back gift: may be object with kind 'goods', which its reader does not take"],
        ),
    ],
)
def test_what_a_change_of_an_event_does_to_old_and_new_readers(change: Any, words: list[str]):
    assert said(EVENT, change) == words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda s: s["properties"].update(more={"type": "string"}),
            ["forward more: is a field that its reader refuses, because it does not know it"],
        ),
        (
            lambda s: s["properties"].pop("hint"),
            ["back hint: is a field that its reader refuses, because it does not know it"],
        ),
    ],
)
def test_a_command_is_refused_where_it_says_more_than_its_reader_knows(change: Any, words: list[str]):
    assert said(COMMAND, change) == words


def test_an_event_that_is_removed_is_missed_by_old_readers_and_a_command_by_old_senders():
    before = {EVENT: SCHEMA, COMMAND: SCHEMA}
    assert [str(found) for found in compare_releases(before, {})] == [
        f"back {COMMAND} as a whole: is not taken any more",
        f"forward {EVENT} as a whole: is not sent any more",
    ]
    assert compare_releases({}, before) == []


@pytest.mark.parametrize("path", [EVENT, COMMAND])
def test_other_words_other_names_of_parts_and_no_change_at_all_break_nobody(path: str):
    def rename(schema: dict[str, Any]) -> None:
        schema["description"] = "Other words."
        schema["$defs"]["Piece"] = schema["$defs"].pop("Part")
        schema["properties"]["parts"]["items"]["$ref"] = "#/$defs/Piece"

    assert said(path, rename) == []
    assert said(path, lambda _: None) == []
