"""Webhooks over HTTP: registered by those who may, seen by nobody else, and signed in the order of each subject."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from gateway_stack import AREA, ELSEWHERE, RunningGateway, until
from webhook_receiver import Answer, Received, Receiver, receiving
from webhook_town import WORKER, add, comes, deliveries, happen, ids, shown

pytestmark = pytest.mark.integration
NEED = "stations.need.published"


def test_a_platform_receives_each_event_once_signed_and_in_the_order_of_its_subject(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    webhook = add(caller, receiver)
    events = happen(hooked, [(NEED, f"need_{nth % 7}", AREA) for nth in range(200)])
    comes(receiver, events)
    assert sorted(ids(receiver)) == sorted(events), "each once"
    read = receiver.verified(str(webhook["secret"]))
    for subject in {event["subject"] for event in read}:
        numbers = [event["sequence"] for event in read if event["subject"] == subject]
        assert numbers == sorted(numbers)
    first = receiver.posts()[0]
    assert first.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert read[0]["data"] == {"words": "需求"}
    assert shown(caller, webhook)["failing_since"] is None
    until(lambda: len(deliveries(caller, webhook, state="delivered")) == 200, "the log shows all")
    assert "hidden" not in hooked.log(WORKER), "no query of a URL is logged"


def test_a_webhook_sees_what_it_asks_for_within_its_area_and_what_its_key_may_see(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    add(caller, receiver, types=["stations.need.*", "stations.breach.*"], area="110102009", form="thin")
    happen(
        hooked, [(NEED, "n1", ELSEWHERE), ("charity.fund.opened", "f1", AREA), ("stations.breach.opened", "b1", AREA)]
    )
    wanted = happen(hooked, [(NEED, "n2", AREA)])
    comes(receiver, wanted)
    assert ids(receiver) == wanted
    assert set(receiver.posts()[0].event) == {"specversion", "id", "type", "source", "subject", "time"}


def test_nobody_registers_for_an_area_or_sees_a_webhook_beyond_their_own(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    webhook = add(caller, receiver)
    with hooked.client(hooked.key("platform", area="110105")) as other:
        body = {"name": "n", "url": receiver.url, "area": AREA}
        assert other.post("/v1/webhooks", json=body).json()["rule"] == "area_elsewhere"
        unknown = other.get("/v1/webhooks/webhook_unknown")
        found = other.get(f"/v1/webhooks/{webhook['id']}")
        assert (found.status_code, found.json()["rule"]) == (unknown.status_code, "unknown_id") == (404, "unknown_id")
        assert other.get("/v1/webhooks").json()["items"] == []
        for path in ("pause", "test", "rotate-secret", "redeliver"):
            assert other.post(f"/v1/webhooks/{webhook['id']}/{path}").status_code == 404
    with hooked.client(hooked.key("reader")) as reader:
        assert reader.post("/v1/webhooks", json=body).status_code == 403


def test_a_repeated_request_makes_one_webhook_and_shows_its_secret_once(
    caller: httpx.Client, receiver: Receiver, hooked: RunningGateway
) -> None:
    body, named = {"name": "n", "url": receiver.url}, {"Idempotency-Key": "one"}
    made, again = (caller.post("/v1/webhooks", json=body, headers=named).json() for _ in range(2))
    assert (made["id"], again["secret"]) == (again["id"], None)
    assert made["secret"].startswith("whsec_")
    other = caller.post("/v1/webhooks", json={**body, "name": "m"}, headers=named)
    assert other.json()["rule"] == "webhook_of_another_request"
    with hooked.database() as database:
        assert made["secret"] not in str(list(database["webhooks"].find({}))), "sealed at rest"


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("https://10.0.0.1/", "webhook_address_private"),
        ("https://169.254.169.254/latest", "webhook_address_private"),
        ("https://[::1]/", "webhook_address_private"),
        ("http://8.8.8.8/", "webhook_https_needed"),
        ("ftp://platform.example/", "fields_to_correct"),
        ("https://user:word@platform.example/", "fields_to_correct"),
    ],
)
def test_an_address_that_is_not_public_is_refused(caller: httpx.Client, url: str, rule: str) -> None:
    answer = caller.post("/v1/webhooks", json={"name": "n", "url": url})
    assert (answer.status_code, answer.json()["rule"]) == (422, rule)


def test_a_misspelt_type_is_refused(caller: httpx.Client, receiver: Receiver) -> None:
    body = {"name": "n", "url": receiver.url, "types": ["stations.need.*", "stations.ned.published"]}
    answer = caller.post("/v1/webhooks", json=body).json()
    assert (answer["rule"], answer["errors"][0]["field"]) == ("unknown_event_type", "types.1")


def test_an_administrator_who_mends_a_webhook_of_others_shows_its_endpoint_no_more_than_before(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    webhook = add(caller, receiver)
    with hooked.client() as admin:
        assert admin.post(f"/v1/webhooks/{webhook['id']}/pause").status_code == 200
        assert admin.patch(f"/v1/webhooks/{webhook['id']}", json={"name": "Mended"}).status_code == 200
        resumed = admin.post(f"/v1/webhooks/{webhook['id']}/resume").json()
    assert (resumed["state"], resumed["key_id"]) == ("active", webhook["key_id"])
    happen(hooked, [("stations.breach.opened", "b1", AREA)])
    wanted = happen(hooked, [(NEED, "n1", AREA)])
    comes(receiver, wanted)
    assert ids(receiver) == wanted, "private events are not for the key of the webhook"


def test_another_endpoint_is_greeted_before_anything_is_sent_to_it_however_much_is_under_way(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    def allow(_: Received) -> Answer:
        return Answer(204, {"webhook-allowed-origin": "*"}, after=0.02)

    receiver.answer = allow
    webhook = add(caller, receiver, handshake=True)
    comes(receiver, happen(hooked, [(NEED, f"a{nth}", AREA) for nth in range(3)]))
    with receiving() as second:
        second.answer = allow
        events = happen(hooked, [(NEED, f"b{nth}", AREA) for nth in range(600)])
        answer = caller.patch(f"/v1/webhooks/{webhook['id']}", json={"url": second.url})
        assert answer.status_code == 200
        later = happen(hooked, [(NEED, f"c{nth}", AREA) for nth in range(20)])
        comes(second, later)
        assert second.received[0].method == "OPTIONS"
        assert set(events) <= {*ids(receiver), *ids(second)}


def test_changes_of_one_webhook_at_once_are_made_or_refused_and_never_fail(
    caller: httpx.Client, receiver: Receiver
) -> None:
    webhook = add(caller, receiver)
    path = f"/v1/webhooks/{webhook['id']}"
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda nth: caller.patch(path, json={"name": f"name {nth}"}), range(40)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    made = [answer.json()["version"] for answer in answers if answer.status_code == 200]
    assert len(made) == len(set(made)) > 0, "each change has a version of its own"


def test_a_repeated_test_or_redelivery_sends_nothing_again(
    hooked: RunningGateway, caller: httpx.Client, receiver: Receiver
) -> None:
    webhook = add(caller, receiver)
    path = f"/v1/webhooks/{webhook['id']}"
    sent = happen(hooked, [(NEED, "n1", AREA)])
    until(lambda: deliveries(caller, webhook, state="delivered"), "the first is delivered")
    (first,) = deliveries(caller, webhook)
    for act in (f"deliveries/{first['id']}/redeliver", "test"):
        key = {"Idempotency-Key": f"repeated-{act}"}
        sent.append(caller.post(f"{path}/{act}", headers=key).json()["event_id"])
        until(lambda: len(ids(receiver)) == len(sent), "it is sent")  # noqa: B023
        until(lambda: not deliveries(caller, webhook, state="waiting"), "it is noted")
        sent += happen(hooked, [(NEED, f"after {act[:4]}", AREA)])  # a test stands beside the newest event
        comes(receiver, sent)
        assert caller.post(f"{path}/{act}", headers=key).json()["state"] == "delivered"
    last = happen(hooked, [(NEED, "last", AREA)])
    comes(receiver, last)
    until(lambda: not deliveries(caller, webhook, state="waiting"), "all is delivered")
    assert ids(receiver) == sent + last
