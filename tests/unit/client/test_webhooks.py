"""A receiver takes a webhook that was signed with its secret and is not old, and refuses every other."""

import base64
import json

import pytest
from lianshan_client import WebhookError, verify
from lianshan_client.webhooks import MOST_SIGNATURES, sign

from shared.runtime.webhook_signatures import new_secret, signed_headers

SECRET = "whsec_" + base64.b64encode(b"a secret of 32 bytes for a test.").decode()
OLD = "whsec_" + base64.b64encode(b"the secret that was there before").decode()
BODY = json.dumps({"id": "e1", "type": "stations.need.published"}).encode()
NOW = 1_900_000_000


def headers(signature: str, *, at: int = NOW) -> dict[str, str]:
    return {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(at), "Webhook-Signature": signature}


def refused(rule: str, given: dict[str, str], body: bytes = BODY) -> None:
    with pytest.raises(WebhookError) as raised:
        verify(SECRET, given, body, now=NOW)
    assert raised.value.rule == rule


def test_it_is_signed_as_standard_webhooks_publishes_it() -> None:
    # The example of https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signed_webhook_is_its_event() -> None:
    assert verify(SECRET, headers(sign(SECRET, "msg_1", NOW, BODY)), BODY, now=NOW)["id"] == "e1"


def test_a_webhook_of_the_gateway_is_verified_with_either_secret_while_they_change() -> None:
    new = new_secret(b"another secret of 32 bytes for a")
    given = signed_headers([new, SECRET], "msg_1", NOW, BODY)
    assert verify(new, given, BODY, now=NOW) == verify(SECRET, given, BODY, now=NOW) == json.loads(BODY)


def test_one_true_signature_of_several_is_enough_while_secrets_change() -> None:
    signatures = f"v1a,other {sign(OLD, 'msg_1', NOW, BODY)} {sign(SECRET, 'msg_1', NOW, BODY)}"
    assert verify(SECRET, headers(signatures), BODY, now=NOW)["id"] == "e1"
    only_old = headers(sign(OLD, "msg_1", NOW, BODY))
    assert verify([SECRET, OLD], only_old, BODY, now=NOW)["id"] == "e1"
    refused("not_signed", only_old)


def test_a_changed_body_id_or_time_is_refused() -> None:
    given = headers(sign(SECRET, "msg_1", NOW, BODY))
    refused("not_signed", given, BODY + b" ")
    refused("not_signed", {**given, "Webhook-Id": "msg_2"})
    refused("not_signed", {**given, "Webhook-Timestamp": str(NOW + 1)})


@pytest.mark.parametrize(("at", "rule"), [(NOW - 301, "too_old"), (NOW + 301, "too_new")])
def test_an_old_or_future_webhook_is_refused(at: int, rule: str) -> None:
    refused(rule, headers(sign(SECRET, "msg_1", at, BODY), at=at))


def test_a_webhook_without_a_signature_or_a_time_is_refused() -> None:
    refused("no_signature", {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(NOW)})
    refused("no_timestamp", {**headers(sign(SECRET, "msg_1", NOW, BODY)), "Webhook-Timestamp": "soon"})
    refused("not_signed", headers("v1,é"))


def test_signatures_beyond_the_bound_are_not_read() -> None:
    refused("not_signed", headers("v1,x " * MOST_SIGNATURES + sign(SECRET, "msg_1", NOW, BODY)))


def test_a_secret_that_is_none_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="secret"):
        verify("whsec_***", headers("v1,x"), BODY, now=NOW)
