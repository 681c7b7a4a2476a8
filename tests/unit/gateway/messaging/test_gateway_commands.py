"""Commands: which requests are the same, and how a service's answer is read."""

import pytest

from services.gateway.messaging.commands import Origin, answer_of
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.charity.donors import DonorAnswer


def key(number: str, principal: str | None = None) -> Actor:
    return Actor(kind="key", id=f"key_{number}", on_behalf_of=principal or f"principal_{number}")


def test_a_request_repeated_with_the_new_key_of_the_same_principal_is_the_same() -> None:
    first = Origin(key("1", "principal_1"), "POST", "/v1/needs", "abc", "c")
    rotated = Origin(key("2", "principal_1"), "POST", "/v1/needs", "abc", "c")
    assert first.message_id() == rotated.message_id()


def test_the_same_request_has_the_same_message_id_and_any_other_another() -> None:
    first = Origin(key("1"), "POST", "/v1/needs", "abc", "c")
    again = Origin(key("1"), "POST", "/v1/needs", "abc", "c2")
    others = [
        Origin(key("2"), "POST", "/v1/needs", "abc", "c"),
        Origin(key("1"), "POST", "/v1/stations", "abc", "c"),
        Origin(key("1"), "POST", "/v1/needs", "abd", "c"),
    ]
    assert first.message_id() == again.message_id()
    assert len({first.message_id(), *(o.message_id() for o in others)}) == 4


def test_a_services_refusal_comes_out_as_it_was_said() -> None:
    with pytest.raises(Refused) as caught:
        answer_of(
            b'{"error":{"code":"wrong_state","field":"state","rule":"due_passed","args":{"years":5}}}', DonorAnswer
        )
    assert (caught.value.status, caught.value.rule, caught.value.field) == (409, "due_passed", "state")
    assert caught.value.values == {"years": 5}
    assert answer_of(b'{"ok":{"id":"x","version":1,"area":""}}', DonorAnswer) == DonorAnswer(id="x", version=1, area="")


def test_an_answer_of_a_newer_service_is_read_without_the_fields_it_has_added() -> None:
    body = b'{"ok":{"id":"x","version":1,"area":"11","since":"2026"}}'
    assert answer_of(body, DonorAnswer).model_dump() == {"id": "x", "version": 1, "area": "11"}


def test_an_answer_that_breaks_its_contract_is_a_failure_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Refused) as caught:
        answer_of(b'{"ok":{"id":"Wen Example"}}', DonorAnswer)
    assert (caught.value.code, caught.value.status) == ("failed", 500)
    captured = capsys.readouterr()
    assert "Wen" not in str(caught.value) + captured.out + captured.err
