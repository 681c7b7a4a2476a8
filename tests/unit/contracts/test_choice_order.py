"""The same choices stand in the same order everywhere: `typing` keeps one of two types that differ in it alone.

`Literal["a", "b"] | None` and `Literal["b", "a"] | None` are equal, so the one that is made first in a process stands
for both, and a schema lists the choices by the order of imports.
"""

import ast
from collections import defaultdict
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]


def test_the_same_choices_stand_in_the_same_order_everywhere() -> None:
    orders: dict[frozenset[object], dict[tuple[object, ...], str]] = defaultdict(dict)
    for part in ("shared", "services", "deploy"):
        for file in (ROOT / part).rglob("*.py"):
            text = file.read_text("utf-8")
            for node in ast.walk(ast.parse(text)) if "Literal[" in text else ():
                if (choices := _choices(node)) is not None:
                    orders[frozenset(choices)].setdefault(choices, f"{file.relative_to(ROOT)}:{node.lineno}")
    assert len(orders) > 50
    assert [places for places in orders.values() if len(places) > 1] == []


def _choices(node: ast.AST) -> tuple[object, ...] | None:
    if not (isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal"):
        return None
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return tuple(part.value for part in parts if isinstance(part, ast.Constant))
