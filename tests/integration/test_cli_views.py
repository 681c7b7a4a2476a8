"""`lianshan views`: the generations read and being built, and a rebuild on a stack that goes on working."""

import json
from typing import Any

import pytest
from lianshan_command import lianshan
from stacks import RunningStack
from waiting import eventually

from deploy.lianshan.views import NAMES

pytestmark = pytest.mark.integration


def views(stack: RunningStack, *arguments: str, code: int = 0) -> Any:
    done = lianshan(stack.environment, "views", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout) if "--json" in arguments else done.stdout + done.stderr


def test_every_view_is_listed_with_the_generation_that_is_read(stack: RunningStack) -> None:

    def look() -> None:
        found = {view["view"]: view for view in views(stack, "list", "--json")}
        assert found.keys() == set(NAMES)
        assert [name for name, view in found.items() if not view["live"] or view["state"] != "live"] == []

    eventually(look)
    assert "needs" in views(stack, "list")


def test_a_view_is_shown_by_partition_with_the_worker_that_holds_it(stack: RunningStack) -> None:

    def look() -> None:
        shown = views(stack, "show", "needs", "--json")
        assert len(shown["partitions"]) == 16
        assert all(part["holder"] and part["behind"] for part in shown["partitions"]), shown

    eventually(look)


def test_a_rebuilt_view_is_read_and_lists_are_as_before(stack: RunningStack) -> None:
    before = {view["view"]: view["live"] for view in views(stack, "list", "--json")}
    with stack.client() as api:
        listed = api.get("/v1/stations").json()
        (rebuilt,) = views(stack, "rebuild", "network", "--by", "me", "--json")
        assert (rebuilt["live"], rebuilt["building"], rebuilt["by"]) == (before["network"] + 1, 0, "me")
        assert api.get("/v1/stations").json() == listed


def test_a_view_that_there_is_not_is_refused_with_those_there_are(stack: RunningStack) -> None:
    told = views(stack, "rebuild", "nothing", code=1)
    assert "there is no view nothing" in told
    assert "needs" in told
    assert "name views, or give --all" in views(stack, "rebuild", code=1)
