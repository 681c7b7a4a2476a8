"""The city finds faults that are planted in the product, and the known failures still fail."""

import pytest

from tests.city.known import KNOWN
from tests.city.planted import FAULTS, Fault, search
from tests.city.shrink import shrink

QUICK = (
    "released twice",
    "published before commit",
    "deadline forgotten",
    "lease ignored",
    "overlap ignored",
    "clock of the host believed",
    "gifts erased",
    "withdrawn consent believed",
    "old words kept",
    "levels begun again",
    "results kept without consent",
)
"""The faults of `make test`; `make city` plants all."""


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.name in QUICK], ids=lambda fault: fault.name)
def test_a_planted_fault_is_found(fault: Fault) -> None:
    found = search(fault)
    assert found.played is not None, f"{fault.name} was not found in {found.seconds:.0f} s"


def test_a_failure_is_shrunk_to_the_few_actions_that_cause_it() -> None:
    fault = next(fault for fault in FAULTS if fault.name == "deadline forgotten")
    failed = search(fault).played
    assert failed is not None
    with fault.plant():
        small = shrink(failed)
    assert {action.kind for action in small.actions} <= {"areas", "station", "need"}
    assert not small.world.adversary.struck


def test_a_known_failure_still_fails() -> None:
    for known in KNOWN:
        played = known.play()
        assert known.still_fails(played), (
            f"{known.name} does not fail any more ({played.broken[:2]}): remove it from tests/city/known.py"
        )
