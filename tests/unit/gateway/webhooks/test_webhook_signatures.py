"""Signatures: the official library of Standard Webhooks verifies them."""

import json
from datetime import UTC, datetime

import pytest

from shared.runtime.webhook_signatures import new_secret, sign, signed_headers

library = pytest.importorskip("standardwebhooks")  # CI has it, and refuses the skip
OLD, NEW = new_secret(b"\1" * 32), new_secret(b"\2" * 32)
BODY = json.dumps({"id": "e1", "name": "需求"}, ensure_ascii=False).encode()


def test_the_official_library_verifies_a_message_by_the_new_secret_and_by_the_former_one() -> None:
    headers = signed_headers([NEW, OLD], "e1", int(datetime.now(UTC).timestamp()), BODY)
    for secret in (OLD, NEW):
        assert library.Webhook(secret).verify(BODY, headers)["name"] == "需求"


def test_it_refuses_another_secret_a_changed_body_and_an_old_message() -> None:
    now = int(datetime.now(UTC).timestamp())
    headers = signed_headers([NEW], "e1", now, BODY)
    for secret, body, named in (
        (OLD, BODY, headers),
        (NEW, BODY + b" ", headers),
        (NEW, BODY, {**headers, "webhook-id": "e2"}),
        (NEW, BODY, signed_headers([NEW], "e1", now - 3600, BODY)),
    ):
        with pytest.raises(library.WebhookVerificationError):
            library.Webhook(secret).verify(body, named)


def test_the_example_of_the_specification_gives_its_signature() -> None:
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_has_256_random_bits_and_the_prefix_that_scanners_know() -> None:
    assert new_secret().startswith("whsec_")
    assert new_secret() != new_secret()
