"""Commands: which requests are the same, and how a service's answer is read."""

from dataclasses import replace

import pytest

from services.gateway.messaging.commands import Origin, answer_of, encode_command, split
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.charity.donors import DonorAnswer
from shared.contracts.messages import MAX_COMMAND_BYTES
from shared.contracts.stations.areas import AreaRow, ImportAreas


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


def test_a_bulk_is_split_into_commands_that_fit_in_order_and_always_in_the_same_way() -> None:
    rows = [AreaRow(code=f"110102{n:03}{n:03}", name="善" * 200) for n in range(900)]
    groups = split(rows)
    assert [row for group in groups for row in group] == rows
    assert len(groups) > 1
    assert max(len(encode_command(ImportAreas(rows=group))) for group in groups) <= MAX_COMMAND_BYTES
    assert split(rows) == groups
    assert split([]) == []


def test_the_parts_of_a_request_are_told_apart_and_the_first_is_the_request_itself() -> None:
    origin = Origin(key("1"), "POST", "/v1/areas:batch", "abc", "c")
    assert replace(origin, part=0).message_id() == origin.message_id()
    assert len({replace(origin, part=nth).message_id() for nth in range(5)}) == 5


def test_a_command_that_is_too_large_is_refused_before_it_is_sent_and_the_largest_field_is_named() -> None:
    rows = tuple(AreaRow(code=f"110102{n:03}{n:03}", name="善" * 200) for n in range(900))
    with pytest.raises(Refused) as refused:
        encode_command(ImportAreas(rows=rows))
    assert (refused.value.status, refused.value.rule, refused.value.field) == (422, "command_too_large", "rows")
