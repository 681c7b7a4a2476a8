"""Messages that come twice, late, in another order, or that nobody can understand."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from fault_city import SERVICES, City, engine_name, until
from fault_events import Message, heard_by, shuffled, to_queue, whole_feed
from fault_trial import Trial

from shared.contracts.subscriptions import SUBSCRIPTIONS
from shared.engine.amqp.former_topology import RETRY_DELAYS
from shared.engine.amqp.letter_content import HISTORY
from shared.engine.amqp.topology import events_queue

pytestmark = pytest.mark.faults


def test_every_event_again_three_times_in_any_order_changes_nothing(city: City, trial: Callable[..., Trial]):
    day = trial(60)
    day.load.begin()
    day.holds()
    events = whole_feed(city)
    for service in SUBSCRIPTIONS:
        city.publish(shuffled([to_queue(service, event) for event in heard_by(service, events)[-3000:]], service))
    day.holds()
    assert len(whole_feed(city)) == len(events), "something was said again, or anew"


@pytest.mark.quick
@pytest.mark.long
def test_nor_does_it_where_the_inbox_has_forgotten_them(city: City, trial: Callable[..., Trial]):
    """Versions decide then. The feed is not asked: its inbox alone keeps an event from standing in it twice."""
    day = trial(60)
    day.load.begin()
    day.holds()
    events = whole_feed(city)
    for service in SUBSCRIPTIONS.keys() - {"gateway"}:
        with city.database(service) as database:
            database["inbox"].delete_many({})
        city.publish(shuffled([to_queue(service, event) for event in heard_by(service, events)[-3000:]], service))
    day.holds()
    assert len(whole_feed(city)) == len(events), "something was said again, or anew"


@pytest.mark.quick
@pytest.mark.long
def test_what_is_heard_for_the_first_time_in_any_order_ends_the_same(city: City, trial: Callable[..., Trial]):
    day = trial(200, quick=80, with_service=False)
    answering = ("charity", "volunteering")
    city.hold_back(*answering)
    day.load.begin()
    day.load.wait_for(1.0)
    until(lambda: city.outboxes_empty("stations"), "everything to be said")
    for name in answering:
        deliver_again(city, name)
    city.hold_back("stations")
    city.let_go(*answering)
    until(lambda: all(not _depth(city, name) for name in answering), "both to have heard all")
    city.hold_back(*answering)
    deliver_again(city, "stations")
    city.let_go("stations", *answering)
    day.holds()


def deliver_again(city: City, service: str) -> None:
    """Deliver the messages in the queue of a stopped service three times each, in any order."""
    waiting = city.take_all(events_queue(service))
    assert waiting, f"nothing waits for {service}"
    city.publish(shuffled([to_queue(service, bytes(m.body), **_kept(m)) for m in waiting], service))


def _depth(city: City, service: str) -> int:
    with city.channel() as channel:
        return int(channel.queue_declare(events_queue(service), passive=True).message_count)


def _kept(message: Any) -> dict[str, Any]:
    return {name: message.properties[name] for name in ("message_id", "type") if name in message.properties}


def failed_before() -> dict[str, Any]:
    tries = [{"at": datetime.now(UTC).isoformat(), "error": "failed"} for _ in RETRY_DELAYS]
    return {"application_headers": {HISTORY: json.dumps(tries)}}


def envelope(template: bytes, **changes: Any) -> bytes:
    """An event like a real one, with other data."""
    event = json.loads(template)
    data = event["data"] | changes.pop("data", {})
    return json.dumps(event | {"id": "poison.1", "data": data} | changes).encode()


def poison(service: str, events: Sequence[bytes]) -> list[Message]:
    """Poison of every kind; the first four become dead letters, as does a message that raises at its last try."""
    template = next(e for e in reversed(heard_by(service, events)) if "need_id" in json.loads(e)["data"])
    far = {"starts_at": "9999-12-31T20:00:00Z", "ends_at": "9999-12-31T23:59:59Z"}
    asked = {"headcount": 1, "skills": [], "languages": [], **far}
    raising = {
        "charity": {"data": {"need_id": "poison", "score": 2**70}},
        "volunteering": {"data": {"need_id": "poison", "volunteers": asked, "score": 2**70}},
        "stations": {"data": {"version": 2**70}},
        "gateway": {"sequence": "not a number"},
    }[service]
    return [
        to_queue(service, b"\xff\x00 no JSON"),
        to_queue(service, b'{"no": "envelope"}'),
        to_queue(service, template, content_type="text/plain"),
        to_queue(service, envelope(template, data={"need_id": {"not": "an id"}})),
        to_queue(service, envelope(template, **raising), **failed_before()),
    ]


@pytest.mark.quick
def test_poison_of_every_kind_in_the_middle_of_load_harms_nobody_else(city: City, trial: Callable[..., Trial]):
    day = trial(300, quick=120)
    day.load.begin()
    day.load.wait_for(0.3)
    events = until(lambda: _need_events(city), "events of every service")
    unknown = envelope(events[-1], type="weather.storm.seen", source="/weather/storm")
    services = [engine_name(process) for process in SERVICES]
    for service in services:
        city.publish([*poison(service, events), to_queue(service, unknown)])
    letters = {}
    day.load.finish()
    until(lambda: not city.at_rest(), "everything to be over")
    for service in services:
        letters[service] = city.take_dead(service)
    assert {service: len(found) for service, found in letters.items()} == dict.fromkeys(services, 5)
    for found in letters.values():
        assert all(letter["history"] for letter in found)
    assert max(city.child(process).quick_deaths for process in SERVICES) == 0
    day.holds()


def _need_events(city: City) -> list[bytes]:
    events = whole_feed(city)
    return events if all(heard_by(service, events) for service in SUBSCRIPTIONS) else []
