"""kill -9 and SIGTERM of every service, anywhere, in the middle of load."""

import signal
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from fault_city import SERVICES, City, engine_name, until
from fault_points import PASSED, SPEAKERS
from fault_trial import SEED, Trial
from webhook_receiver import Receiver, receiving

pytestmark = pytest.mark.faults


def test_a_day_without_faults_ends_as_its_replay(trial: Callable[..., Trial]):
    day = trial(200)
    day.load.begin()
    day.holds()


@pytest.mark.quick
def test_kill_of_every_process_in_the_middle_of_load_leaves_no_gap_and_every_event_is_delivered(
    city: City, trial: Callable[..., Trial]
):
    day = trial(500, quick=200)
    with receiving() as receiver, city.client() as api:
        shown = api.get("/v1/events/snapshot").json()["cursor"]
        start = api.get("/v1/events", params={"after": shown, "limit": 1000}).json()["cursor"]
        webhook = api.post("/v1/webhooks", json={"name": "A platform", "url": receiver.url}).json()
        day.load.begin()
        random = Random(f"{SEED}/kill")
        victims = [*SERVICES, "gateway", "webhooks"]
        random.shuffle(victims)
        for nth, name in enumerate(victims):
            day.load.wait_for((nth + 1) / (len(victims) + 2))
            city.kill(name)
        day.holds()
        city.wait_ready("webhooks")
        until(lambda: not undelivered(day, receiver, start), "every event to be delivered")
        assert api.delete(f"/v1/webhooks/{webhook['id']}").status_code == 204


def undelivered(day: Trial, receiver: Receiver, start: int | str) -> set[str]:
    """The events of the feed that the receiver has not got. The feed has no gap, and each subject came in order."""
    events, after = list[dict[str, Any]](), start
    while after is not None:
        page = day.load.get("/v1/events", after=after, limit=1000)
        events += page["items"]
        after = page["next"]
    positions = [int(str(item["cursor"]).rpartition("-")[2]) for item in events]
    assert positions == list(range(positions[0], positions[0] + len(events)))
    came: dict[str, dict[str, None]] = {}
    for one in receiver.posts():
        came.setdefault(one.event["subject"], {}).setdefault(one.headers["webhook-id"])
    found = [item["event"] for item in events]
    place = {f"{one['source'].strip('/')}:{one['id']}": at for one, at in zip(found, positions, strict=True)}
    assert len(place) == len(events), "a receiver drops repetitions by `webhook-id`, and nothing else"
    for subject, ids in came.items():
        mine = [place[one] for one in ids if one in place]
        assert mine == sorted(mine), f"{subject} came out of order"
    return place.keys() - {one for ids in came.values() for one in ids}


@pytest.mark.quick
def test_all_services_die_right_after_a_commit(city: City, trial: Callable[..., Trial]):
    day = trial(200, quick=120)
    before = city.arm(dict.fromkeys(SERVICES, "after_commit=kill@3"))
    day.load.begin()
    day.holds()
    assert all(city.child(name).restarts > before[name] for name in SERVICES), "not every failpoint was reached"


@pytest.mark.parametrize(("name", "point"), PASSED)
def test_kill_at_a_failpoint_under_load(city: City, trial: Callable[..., Trial], name: str, point: str):
    day = trial(200)
    nth = Random(f"{SEED}/{name}/{point}").randint(1, 4)
    before = city.arm({name: f"{point}=kill@{nth}"})[name]
    day.load.begin()
    day.holds()
    assert city.child(name).restarts > before, f"{point} was not passed {nth} times"


@pytest.mark.parametrize("name", SERVICES)
def test_kill_while_a_letter_is_put_back(city: City, trial: Callable[..., Trial], name: str):
    day = trial(200)
    before = city.arm({name: "during_retry=kill@1"})[name]
    day.load.begin()
    day.load.wait_for(0.3)
    city.publish([("", f"{engine_name(name)}.events", b"not an event", {"message_id": "poison", "delivery_mode": 2})])
    until(lambda: city.child(name).restarts > before, "the failpoint to be reached")
    until(lambda: len(city.dead_letters(name)) == 1, "the letter to be put back in the next life")
    day.holds()


@pytest.mark.parametrize("name", SPEAKERS)
def test_kill_while_sweeping_what_a_kill_left(city: City, trial: Callable[..., Trial], name: str):
    day = trial(200)
    before = city.arm({name: "after_commit=kill@2"}, then="during_sweep=kill@1")[name]
    day.load.begin()
    until(lambda: city.child(name).restarts > before, "the first kill")
    city.disarm(name)
    day.holds()
    assert city.child(name).restarts >= before + 2, "during_sweep was not passed"


@pytest.mark.quick
@pytest.mark.parametrize("names", [SERVICES], ids=["all"])
def test_sigterm_under_load_stops_in_time(city: City, trial: Callable[..., Trial], names: tuple[str, ...]):
    day = trial(200, quick=120)
    day.load.begin()
    for nth, name in enumerate(names):
        day.load.wait_for((nth + 1) / (len(names) + 2))
        child = city.child(name)
        before = child.restarts
        city.signal(name, signal.SIGTERM)
        until(lambda child=child, before=before: child.restarts > before, f"{name} to stop and start", 25)  # type: ignore[misc]
        assert child.last_exit == 0, f"{name} ended with {child.last_exit}"
    day.holds()


def test_two_thousand_needs_with_kills_all_along(city: City, trial: Callable[..., Trial]):
    day = trial(2000)
    day.load.begin()
    random = Random(f"{SEED}/all along")
    for nth in range(12):
        day.load.wait_for((nth + 1) / 14)
        name = random.choice([*SERVICES, "gateway"])
        city.kill(name)
        city.child(name).quick_deaths = 0
    day.holds(240)
