"""Failpoints strike where and when they are told to, and never otherwise."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from shared.runtime import failpoints
from shared.runtime.failpoints import FailpointError, arm, failpoint


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    arm("")


def test_nothing_happens_unless_switched_on():
    for name in failpoints.NAMES:
        failpoint(name)


def test_it_strikes_at_the_passing_that_was_named_and_only_then():
    arm("after_commit=raise@3")
    for name in ("after_commit", "before_ack", "after_commit"):
        failpoint(name)
    with pytest.raises(FailpointError, match="after_commit, passing 3"):
        failpoint("after_commit")
    failpoint("after_commit")


def test_without_a_number_it_strikes_at_once():
    arm("before_ack=raise")
    with pytest.raises(FailpointError):
        failpoint("before_ack")


def test_arming_anew_counts_from_the_beginning():
    arm("before_ack=raise@2")
    failpoint("before_ack")
    arm("before_ack=raise@2")
    failpoint("before_ack")
    with pytest.raises(FailpointError):
        failpoint("before_ack")


@pytest.mark.parametrize("plan", ["nowhere=kill@1", "before_ack=explode", "before_ack", "before_ack=kill@x"])
def test_a_bad_plan_is_told(plan: str):
    with pytest.raises(ValueError, match="say NAME=kill@N"):
        arm(plan)


def test_kill_ends_the_process_as_kill_9_does():
    code = """
from shared.runtime.failpoints import arm, failpoint
arm("after_publish=kill@1")
try:
    failpoint("after_publish")
finally:
    print("cleaned up")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, check=False)
    assert done.returncode == -9
    assert done.stdout == b""
