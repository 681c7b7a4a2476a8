"""The register of areas, and its import."""

import pytest

from services.stations.areas.domain import Area, common_area
from services.stations.declaration import DECLARATION
from shared.contracts.stations.areas import AreaRow, AreasImported, ImportAnswer, ImportAreas
from shared.engine.decide.memory import MemoryEngine
from shared.runtime.vault import Vault


@pytest.fixture
def engine():
    return MemoryEngine(DECLARATION.handlers(vault=Vault(bytes(32))))


def take_in(engine: MemoryEngine, *rows: tuple[str, str]):
    return engine.command(ImportAreas(rows=tuple(AreaRow(code=code, name=name) for code, name in rows)))


ELM = ("110102009017", "Elm Hall")
RIVER = ("110102009042", "River Bank")


def test_an_import_answers_how_many_rows_came_and_how_many_changed_something(engine: MemoryEngine):
    assert take_in(engine, ELM, RIVER) == ImportAnswer(count=2, changed=2)
    imported = engine.emitted(AreasImported)[0]
    assert (imported.count, imported.changed) == (2, 2)
    assert engine.events[0].area == "110102009"


def test_the_same_import_again_changes_nothing_writes_nothing_and_announces_nothing(engine: MemoryEngine):
    take_in(engine, ELM, RIVER)
    before = dict(engine.entities)

    assert take_in(engine, ELM, RIVER) == ImportAnswer(count=2, changed=0)

    assert engine.entities == before
    assert len(engine.events) == 1


def test_a_renamed_area_counts_as_changed(engine: MemoryEngine):
    take_in(engine, ELM, RIVER)
    assert take_in(engine, (ELM[0], "Elm Court"), RIVER) == ImportAnswer(count=2, changed=1)
    assert engine.one(Area, ELM[0]).name == "Elm Court"


def test_importing_communities_makes_the_areas_around_them_known(engine: MemoryEngine):
    take_in(engine, ELM)
    assert [a.id for a in engine.all(Area)] == ["11", "1101", "110102", "110102009", "110102009017"]
    assert engine.one(Area, "110102009").name == ""


def test_an_area_known_by_its_communities_gets_its_name_later_and_keeps_it(engine: MemoryEngine):
    take_in(engine, ELM)
    assert take_in(engine, ("110102009", "Exhibition Road")).changed == 1
    take_in(engine, RIVER)
    assert engine.one(Area, "110102009").name == "Exhibition Road"


def test_the_order_of_imports_makes_no_difference(engine: MemoryEngine):
    rows = [ELM, RIVER, ("110102009", "Exhibition Road"), ("11", "Capital")]
    for row in rows:
        take_in(engine, row)
    other = MemoryEngine(DECLARATION.handlers(vault=Vault(bytes(32))))
    take_in(other, *reversed(rows))
    assert [(a.id, a.name, a.parent) for a in engine.all(Area)] == [(a.id, a.name, a.parent) for a in other.all(Area)]


@pytest.mark.parametrize(
    ("codes", "around"),
    [
        (["110102009017"], "110102009017"),
        (["110102009017", "110102009042"], "110102009"),
        (["110102009017", "110102010001"], "110102"),
        (["110102", "1101"], "1101"),
        (["110102", "120101"], ""),
    ],
)
def test_an_import_is_announced_in_the_smallest_area_that_holds_it_all(codes: list[str], around: str):
    assert common_area(codes) == around
