"""The persons of the journal whom a replay of erasures erases at once."""

from types import SimpleNamespace
from typing import Any

import pytest

from deploy.lianshan.erasures.people import find_people
from shared.contracts.persons import PersonReference

NEED = PersonReference(kind="need", id="need_1")


class Stores:
    """Stores with one document."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row

    def collection(self, *_: str) -> Any:
        return SimpleNamespace(find_one=lambda *_, **__: self.row)


@pytest.mark.parametrize(("state", "erased"), [({"state": "cancelled"}, [NEED]), ({"state": "ready"}, []), ({}, [])])
def test_a_need_in_progress_is_left_to_the_erasure_that_waits_for_it_also_a_draft(
    state: dict[str, str], erased: list[PersonReference]
) -> None:
    entry: Any = SimpleNamespace(reach="1101", people=(NEED,))
    stores: Any = Stores({"_id": NEED.id, "area": "110102009017", **state})  # a draft is stored without its state
    assert find_people(stores, [entry]) == erased
