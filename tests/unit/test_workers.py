"""The sharing of the tests between workers: whole files, those of a shared stack together, the longest first."""

from pathlib import Path

from long_lived import PLACES
from workers import FAULTS, SECONDS, SHARED, place_of

ROOT = Path(__file__).parents[2]


def test_each_place_that_is_long_is_there() -> None:
    assert [place for place in SECONDS if place not in SHARED and not (ROOT / place).exists()] == []


def test_each_fixture_that_ends_early_belongs_to_a_place() -> None:
    assert set(PLACES.values()) == {*SHARED, FAULTS}


def test_files_of_one_stack_are_one_place_and_others_their_own() -> None:
    integration = ROOT / "tests" / "integration"
    assert {place_of(integration / f"test_cli{name}.py") for name in ("", "_pause", "_doctor")} == {"stack"}
    assert place_of(integration / "test_gateway_keys.py") == "gateway"
    assert {place_of(file) for file in (ROOT / FAULTS).glob("test_*.py")} == {FAULTS}
    alone = integration / "test_topology.py"
    assert place_of(alone) == str(alone)
