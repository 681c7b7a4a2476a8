"""Deliveries to endpoints that fail, hang, redirect or ask for a pause; and workers that are killed."""

import signal
import time

import httpx
import pytest
from gateway_stack import AREA, RunningGateway, until
from waiting import eventually
from webhook_receiver import Answer, Received, Receiver, receiving, verify
from webhook_town import SETTINGS, WORKER, add, comes, deliveries, happen, ids, shown

pytestmark = pytest.mark.integration
NEED = "stations.need.published"


def test_a_message_that_fails_comes_again_and_stops_its_own_subject_alone(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    refused: list[str] = []

    def answer(received: Received) -> Answer:
        if received.event["subject"] == "stuck" and not refused:
            refused.append(received.event["id"])
            return Answer(500)
        return Answer()

    receiver.answer = answer
    webhook = add(caller, receiver)
    stuck = happen(hooked, [(NEED, "stuck", AREA), (NEED, "free", AREA), (NEED, "stuck", AREA)])
    comes(receiver, [stuck[1]])

    def waits() -> None:
        listed = deliveries(caller, webhook, state="waiting")
        assert {one["event_id"] for one in listed} == {stuck[0], stuck[2]}
        (first,) = [one for one in listed if one["event_id"] == stuck[0]]
        assert first["status"] == 500
        assert first["failure"]["code"] == "webhook_refused"  # type: ignore[index]

    eventually(waits)
    comes(receiver, stuck, 30)
    assert [one for one in ids(receiver) if one in (stuck[0], stuck[2])] == [stuck[0]] * 2 + [stuck[2]]


def test_an_endpoint_that_asks_for_a_pause_gets_it(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Answer(429, {"retry-after": "3"}) if len(receiver.posts()) == 1 else Answer()
    add(caller, receiver)
    events = happen(hooked, [(NEED, f"n{nth}", AREA) for nth in range(1)])
    comes(receiver, events)
    later = happen(hooked, [(NEED, "other", AREA)])
    comes(receiver, later)
    times = [one.at for one in receiver.posts()]
    assert min(times[1:]) - times[0] >= 2.5, "nothing comes in the pause"


def test_410_ends_it_and_its_owner_reads_why_and_resumes_it(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Answer(410)
    webhook = add(caller, receiver)
    events = happen(hooked, [(NEED, "n1", AREA), (NEED, "n2", AREA)])
    until(lambda: shown(caller, webhook)["state"] == "ended", "it is so")
    assert shown(caller, webhook)["reason"]["code"] == "webhook_ended"  # type: ignore[index]
    refused = caller.post(f"/v1/webhooks/{webhook['id']}/test")
    assert (refused.status_code, refused.json()["rule"]) == (409, "webhook_not_active")
    with hooked.database() as database:
        row = database["audit"].find_one({"about": webhook["id"], "by": "system"})
        assert (row["what"], row["why"]) == ("EndWebhook", "webhook_ended")
    (task,) = caller.get("/v1/tasks", params={"code": "resume_webhook"}).json()["items"]
    assert (task["kind"], task["path"], task["overdue"]) == ("webhook", f"/v1/webhooks/{webhook['id']}", False)
    assert task["id"] in [each["id"] for each in caller.get("/v1/tasks").json()["items"]]
    with hooked.client(hooked.key("platform")) as another:
        assert another.get("/v1/tasks", params={"code": "resume_webhook"}).json()["items"] == []
    receiver.answer = lambda _: Answer()
    assert caller.post(f"/v1/webhooks/{webhook['id']}/resume").json()["state"] == "active"
    assert caller.get("/v1/tasks", params={"code": "resume_webhook"}).json()["items"] == []
    comes(receiver, events)


def test_redirects_are_not_followed_and_a_huge_answer_is_cut_off(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    with receiving() as elsewhere, receiving() as huge:
        receiver.answer = lambda _: Answer(307, {"location": elsewhere.url})
        huge.answer = lambda _: Answer(200, more=10_000_000)
        webhook, other = add(caller, receiver), add(caller, huge)
        events = happen(hooked, [(NEED, "n1", AREA)])
        comes(huge, events)

        def refused() -> None:
            (one,) = deliveries(caller, webhook)
            assert (one["state"], one["failure"]["code"]) == ("waiting", "webhook_redirects")  # type: ignore[index]
            (one,) = deliveries(caller, other)
            assert one["state"] == "delivered"

        eventually(refused)
        assert elsewhere.received == []


def test_an_endpoint_that_hangs_delays_no_other(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    with receiving() as slow:
        slow.answer = lambda _: Answer(after=30)
        add(caller, slow)
        add(caller, receiver)
        events = happen(hooked, [(NEED, f"n{nth}", AREA) for nth in range(100)])
        begun = time.monotonic()
        comes(receiver, events, 10)
        assert time.monotonic() - begun < 5
        assert slow.most_open <= 8, "connections to one endpoint are bounded"


def test_a_test_message_shows_at_once_whether_the_endpoint_takes_it(caller: httpx.Client, receiver: Receiver) -> None:
    webhook = add(caller, receiver)
    taken = caller.post(f"/v1/webhooks/{webhook['id']}/test").json()
    assert (taken["state"], taken["status"], taken["test"]) == ("delivered", 204, True)
    assert receiver.verified(str(webhook["secret"]))[0]["type"] == "lianshan.webhook.tested"
    receiver.answer = lambda _: Answer(404)
    refused = caller.post(f"/v1/webhooks/{webhook['id']}/test").json()
    assert (refused["state"], refused["status"]) == ("undelivered", 404)
    assert shown(caller, webhook)["failing_since"] is None, "a test alone condemns no endpoint"


def test_both_secrets_sign_while_the_receiver_changes_over(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    webhook = add(caller, receiver)
    rotated = caller.post(f"/v1/webhooks/{webhook['id']}/rotate-secret", headers={"Idempotency-Key": "r1"}).json()
    again = caller.post(f"/v1/webhooks/{webhook['id']}/rotate-secret", headers={"Idempotency-Key": "r1"}).json()
    assert again["secret"] is None
    time.sleep(1.5)
    comes(receiver, happen(hooked, [(NEED, "n1", AREA)]))
    (one,) = receiver.posts()
    for secret in (webhook["secret"], rotated["secret"]):
        verify(secret, one)


def test_a_webhook_stops_when_its_key_is_revoked_and_goes_on_by_another(
    hooked: RunningGateway, receiver: Receiver
) -> None:
    with hooked.client() as admin:
        body = {"name": "k", "roles": ["platform"], "principal": "principal_p"}
        first, second = (admin.post("/v1/keys", json=body).json() for _ in range(2))
        with hooked.client(first["key"]) as client:
            webhook = add(client, receiver)
        assert admin.delete(f"/v1/keys/{first['id']}").status_code == 204
        with hooked.client(second["key"]) as client:
            until(lambda: shown(client, webhook)["state"] == "stopped", "it is so")
            assert shown(client, webhook)["reason"]["code"] == "webhook_key_gone"  # type: ignore[index]
            events = happen(hooked, [(NEED, "n1", AREA)])
            time.sleep(1)
            assert receiver.posts() == []
            resumed = client.post(f"/v1/webhooks/{webhook['id']}/resume").json()
            assert (resumed["state"], resumed["key_id"]) == ("active", second["id"])
            comes(receiver, events)
            assert client.delete(f"/v1/webhooks/{webhook['id']}").status_code == 204


def test_a_webhook_of_a_key_that_was_rotated_goes_on_by_the_successor(
    hooked: RunningGateway, receiver: Receiver
) -> None:
    with hooked.client() as admin:
        old = admin.post("/v1/keys", json={"name": "k", "roles": ["platform"]}).json()
        with hooked.client(old["key"]) as client:
            webhook = add(client, receiver)
        new = admin.post(f"/v1/keys/{old['id']}/rotate", json={"overlap_hours": 0}).json()
        with hooked.client(new["key"]) as client:
            until(lambda: shown(client, webhook)["key_id"] == new["id"], "it acts by the successor")
            comes(receiver, happen(hooked, [(NEED, "n1", AREA)]))
            assert client.delete(f"/v1/webhooks/{webhook['id']}").status_code == 204


def test_what_was_delivered_is_sent_again_one_by_one_or_from_a_place_in_the_feed(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    webhook = add(caller, receiver)
    events = happen(hooked, [(NEED, f"n{nth}", AREA) for nth in range(5)])
    comes(receiver, events)
    until(lambda: len(deliveries(caller, webhook, state="delivered")) == 5, "it is so")
    newest = deliveries(caller, webhook)[0]
    path = f"/v1/webhooks/{webhook['id']}"
    assert caller.post(f"{path}/deliveries/{newest['id']}/redeliver").json()["state"] == "waiting"
    until(lambda: ids(receiver).count(events[4]) == 2, "it is so")
    with hooked.client() as admin:
        last = admin.get("/v1/events", params={"after": 0, "limit": 1000}).json()["items"][-3]["cursor"]
    assert caller.post(f"{path}/replay", json={"after": last}).status_code == 200
    until(lambda: (ids(receiver).count(events[3]), ids(receiver).count(events[4])) == (2, 3), "it is so")
    assert ids(receiver).count(events[2]) == 1
    both = caller.post(f"{path}/replay", json={"after": 0, "since": "2026-01-01T00:00:00Z"})
    assert both.status_code == 422
    assert caller.post(f"{path}/replay", json={"since": "2026-01-01T00:00:00Z"}).status_code == 200
    until(lambda: ids(receiver).count(events[2]) == 2, "it is so")
    assert caller.post(f"{path}/replay", json={"after": "other-5"}).status_code == 410


def test_an_endpoint_that_wants_to_be_asked_first_is_asked(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    allowed: list[bool] = []

    def answer(received: Received) -> Answer:
        if received.method == "OPTIONS":
            assert received.headers["webhook-request-origin"] == "lianshan"
            return Answer(200, {"webhook-allowed-origin": "lianshan"}) if allowed else Answer(200)
        return Answer()

    receiver.answer = answer
    webhook = add(caller, receiver, handshake=True)
    events = happen(hooked, [(NEED, "n1", AREA)])

    def not_allowed() -> None:
        assert shown(caller, webhook)["last_failure"]["code"] == "webhook_not_allowed"  # type: ignore[index]

    eventually(not_allowed)
    assert receiver.posts() == []
    allowed.append(True)
    comes(receiver, events)


def test_a_killed_worker_loses_nothing_and_another_goes_on_in_order(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    add(caller, receiver)
    events: list[str] = []
    for kill in range(3):
        events += happen(hooked, [(NEED, f"need_{nth % 5}", AREA) for nth in range(150)])
        time.sleep(0.2 + 0.15 * kill)
        hooked.stop(WORKER, signal.SIGKILL)
        hooked.start(WORKER, **SETTINGS)
    comes(receiver, events, 60)
    first_times: dict[str, list[str]] = {}
    for one in receiver.posts():
        numbers = first_times.setdefault(one.event["subject"], [])
        if one.event["sequence"] not in numbers:
            numbers.append(one.event["sequence"])
    assert all(numbers == sorted(numbers) for numbers in first_times.values())
    assert len(set(ids(receiver))) == len(events)
