"""`lianshan pause` and `resume` over a running stack, as an operator and a caller of the API meet them."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from lianshan_command import Done
from lianshan_command import lianshan as run_lianshan
from stacks import NO_TLS, RunningStack
from waiting import eventually

pytestmark = pytest.mark.integration

SECONDS = 90.0


def lianshan(stack: RunningStack, *arguments: str) -> Done:
    return run_lianshan(stack.environment, *arguments)


@pytest.fixture
def resting(stack: RunningStack) -> Iterator[RunningStack]:
    """The stack with charity paused."""
    done = lianshan(stack, "pause", "charity", "--why", "a repair", "--by", "op")
    assert done.returncode == 0, done.stderr
    assert "charity is paused" in done.stdout
    yield stack
    resume(stack, "charity")


def resume(stack: RunningStack, name: str) -> None:
    """Let it work again, and leave the stack as well as it was: it says that it works, and its queues are read."""
    done = lianshan(stack, "resume", name, "--lang", "en")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout

    def at_work() -> None:
        status = json.loads(lianshan(stack, "status", "--json").stdout)
        assert status["paused"] == []
        consumers = {queue["queue"]: queue["consumers"] for queue in status["queues"]}
        assert consumers[f"{'gateway' if name == 'projector' else name}.events"] >= 1
        assert state_of(stack, name)["status"] == "ready"

    eventually(at_work)


def state_of(stack: RunningStack, name: str) -> dict[str, Any]:
    return dict(httpx.get(stack.processes()[name]["ready_url"], verify=NO_TLS).json())


def give(stack: RunningStack, key: str) -> httpx.Response:
    body = {"area": "110102009", "name": "Fund of a pause"}
    with stack.client() as client:
        return client.post("/v1/funds", json=body, headers={"Idempotency-Key": key})


def test_a_paused_service_says_so_everywhere(resting: RunningStack) -> None:
    health = resting.processes()["charity"]["ready_url"]

    def rests() -> None:
        answer = httpx.get(health, verify=NO_TLS)
        assert (answer.status_code, answer.json()["status"]) == (200, "paused")
        metrics = httpx.get(health.replace("/readyz", "/metrics"), verify=NO_TLS).text
        assert 'lianshan_paused{service="charity"} 1.0' in metrics

    eventually(rests)
    done = lianshan(resting, "status", "--json")
    assert done.returncode == 4, "a script that asks for the exit code alone must not miss a forgotten pause"
    told = json.loads(done.stdout)
    (found,) = told["paused"]
    assert (found["service"], found["by"], found["why"]) == ("charity", "op", "a repair")
    assert (told["wrong"], told["well"]) == ([], False)
    shown = lianshan(resting, "status", "--lang", "en").stdout
    assert "charity is paused since" in shown
    assert "all is well, but a service is paused (exit 4)" in shown


def test_a_second_pause_keeps_the_first_reason_and_says_so(resting: RunningStack) -> None:
    again = lianshan(resting, "pause", "charity", "--by", "other", "--lang", "en")
    assert again.returncode == 0, "paused is what was wanted"
    assert "charity was paused already, since " in again.stdout
    assert " by op: a repair; 0 messages wait for it" in again.stdout
    other = lianshan(resting, "pause", "charity", "--why", "an audit", "--by", "other", "--lang", "zh")
    assert other.returncode == 1
    assert "您的原因未记录" in other.stderr
    (found,) = json.loads(lianshan(resting, "status", "--json").stdout)["paused"]
    assert (found["by"], found["why"]) == ("op", "a repair")


def test_the_projector_is_paused_by_its_name_and_shown_by_it(stack: RunningStack) -> None:
    assert lianshan(stack, "pause", "projector", "--lang", "en").stdout.startswith("projector is paused")
    try:
        shown = lianshan(stack, "status", "--lang", "en")
        assert "projector is paused since" in shown.stdout
        assert shown.returncode == 4, "its queue has no consumer meanwhile, which is no fault"
    finally:
        assert lianshan(stack, "resume", "projector", "--lang", "en").stdout == "projector works again\n"
        resume(stack, "projector")


def test_a_caller_is_told_at_once_and_may_try_again_later(resting: RunningStack) -> None:
    began = time.monotonic()
    answer = give(resting, "pause-told")
    assert time.monotonic() - began < 3.0
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["rule"] == "paused_nothing_done"
    assert answer.json()["args"] == {"service": "charity"}

    assert lianshan(resting, "resume", "charity").returncode == 0

    def done() -> None:
        assert give(resting, "pause-told").status_code == 201

    eventually(done, SECONDS)


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_a_service_that_is_none_is_refused(stack: RunningStack, command: str) -> None:
    done = lianshan(stack, command, "nobody")
    assert done.returncode == 1
    assert done.stderr == "lianshan: there is no service nobody: one of stations, charity, volunteering, projector.\n"


def test_resuming_what_works_says_so(stack: RunningStack) -> None:
    done: Any = lianshan(stack, "resume", "stations")
    assert (done.returncode, done.stdout) == (0, "stations was not paused\n")
