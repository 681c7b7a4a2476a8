"""An arriving message is understood, or parked with the reason why not; none stops a service."""

import json
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from actors import ANYBODY, HEADERS
from engine_boxes import BoxFilled, BoxRemembered, build, delivery, event

from shared.contracts.access import SYSTEM
from shared.contracts.envelope import CONTENT_TYPE, CloudEvent
from shared.contracts.messages import EVENTS, MAX_COMMAND_BYTES, MAX_CORRELATION
from shared.contracts.refusals import Refused
from shared.contracts.registry import load_contracts
from shared.contracts.stations.areas import ImportAreas
from shared.contracts.stations.needs import NeedPublished
from shared.contracts.traceparent import read
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.decoding import SENT_MILLIS, ExpiredError, UndecodableError, decode, decode_timer
from shared.engine.decide.handlers import Handlers
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.memory import START

load_contracts()
NOW = START
COMMAND = {"need_id": "need_1"}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def event_delivery(made: CloudEvent | None = None, content_type: str = CONTENT_TYPE) -> Delivery:
    return delivery((made or event()).model_dump_json().encode(), content_type=content_type)


def understand_event(arrived: Delivery) -> Incoming[Any]:
    received = decode(arrived, Handlers("stations"), is_command=False, now=NOW)
    assert (received.delivery, received.row) == (arrived, None)
    return received.message


def understand_command(body: Any = None, received: float | None = None, **properties: Any) -> Incoming[Any]:
    properties = {"message_id": "m1", "type": "PublishNeed", "timestamp": int(NOW.timestamp())} | properties
    properties["application_headers"] = HEADERS | (properties.get("application_headers") or {})
    properties = {name: value for name, value in properties.items() if value is not None}
    raw = body if isinstance(body, bytes) else json.dumps(COMMAND if body is None else body).encode()
    arrived = delivery(raw, "stations.commands", **properties)
    if received is not None:
        arrived = replace(arrived, received=received)
    return decode(arrived, Handlers("stations"), is_command=True, now=NOW).message


def refused_command(body: Any = None, **properties: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        understand_command(body, **properties)
    return refused.value


@pytest.mark.parametrize("odd", [[], {}, NOW, float("nan"), float("inf"), "soon", b"x", 10**30], ids=str)
def test_a_time_that_is_none_makes_a_command_undecodable_and_ends_no_process(odd: object):
    with pytest.raises(UndecodableError, match="no time"):
        understand_command(application_headers={SENT_MILLIS: odd})


class TestEvents:
    def test_an_event_of_an_unknown_type_arrives_as_plain_json(self):
        message = understand_event(event_delivery(event("weather.storm.seen")))
        assert (message.type, message.data) == ("weather.storm.seen", {"box_id": "red", "amount": 1})

    def test_an_event_of_a_known_type_arrives_as_its_class(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(EVENTS, BoxFilled.type, BoxFilled)
        message = understand_event(event_delivery())
        assert message.data == BoxFilled(box_id="red", amount=1)
        assert (message.key, message.correlation) == ("/boxes/box#red.1.0", "the-correlation")

    def test_the_correlation_of_another_program_is_cut(self):
        message = understand_event(event_delivery(event("weather.storm.seen", correlationid="c" * 50_000)))
        assert message.correlation == "c" * MAX_CORRELATION

    def test_a_charset_behind_the_content_type_does_no_harm(self):
        assert understand_event(event_delivery(content_type=f"{CONTENT_TYPE}; charset=utf-8"))

    @pytest.mark.parametrize("content_type", ["application/json", "text/plain", "", "application/x-python-serialize"])
    def test_another_content_type_cannot_be_an_event(self, content_type: str):
        with pytest.raises(UndecodableError, match="content_type"):
            understand_event(event_delivery(content_type=content_type))

    def test_no_content_type_cannot_be_an_event(self):
        with pytest.raises(UndecodableError, match="content_type"):
            understand_event(delivery(b"{}"))

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b"not json", id="no JSON"),
            pytest.param(b"{", id="cut off"),
            pytest.param(b"[]", id="a list"),
            pytest.param(b"null", id="null"),
            pytest.param(b"42", id="a number"),
            pytest.param(b'"text"', id="text"),
            pytest.param(b"\xff\xfe\x00", id="no UTF-8"),
            pytest.param(b'{"specversion": "1.0"}', id="without fields"),
            pytest.param(b"[" * 100_000, id="a deep list"),
            pytest.param(b'{"a":' * 100_000, id="a deep object"),
            pytest.param(b"\x80\x04\x95pickle", id="a pickle"),
        ],
    )
    def test_what_is_no_envelope_is_undecodable(self, body: bytes):
        with pytest.raises(UndecodableError, match="not a valid event"):
            understand_event(delivery(body, content_type=CONTENT_TYPE))

    def test_a_known_type_with_the_wrong_data_is_undecodable(self):
        with pytest.raises(UndecodableError, match="need_id"):
            understand_event(event_delivery(event(NeedPublished.type, data={"station_id": "s"})))

    def test_another_version_of_the_specification_is_undecodable(self):
        with pytest.raises(UndecodableError, match="specversion"):
            understand_event(event_delivery(event(specversion="2.0")))

    def test_the_reason_never_repeats_what_was_sent(self):
        body = json.dumps({"specversion": "1.0", "id": {"phone": "13800138000"}}).encode()
        with pytest.raises(UndecodableError) as error:
            understand_event(delivery(body, content_type=CONTENT_TYPE))
        assert "13800138000" not in str(error.value)


class TestCommands:
    def test_a_command_arrives_with_its_key_cause_and_correlation(self):
        headers = {"correlationid": "c1", "traceparent": TRACE}
        message = understand_command(application_headers=headers)
        assert (message.key, message.id, message.type) == ("command:m1", "m1", "PublishNeed")
        assert (message.correlation, message.traceparent) == ("c1", TRACE)

    def test_a_correlation_without_bound_is_cut(self):
        message = understand_command(application_headers={"correlationid": "c" * 100_000})
        assert message.correlation == "c" * MAX_CORRELATION

    @pytest.mark.parametrize("header", ["", "Lin Mei, 13800000000", TRACE.upper(), "00-" + "0" * 32 + TRACE[35:]])
    def test_a_malformed_trace_is_not_passed_on_but_another_begun(self, header: str):
        message = understand_command(application_headers={"traceparent": header})
        begun = read(message.traceparent)
        assert begun is not None
        assert not begun.sampled

    def test_a_command_arrives_with_its_actor_and_events_are_the_platforms_own(self):
        assert understand_command().actor == ANYBODY
        assert understand_event(event_delivery()).actor == SYSTEM

    @pytest.mark.parametrize("actor", [None, "", "nobody", "{}", '{"kind": "ghost", "id": "x"}', '{"kind": "key"}'])
    def test_a_command_without_a_valid_actor_is_refused(self, actor: str | None):
        refusal = refused_command(application_headers={"actor": actor})
        assert (refusal.code, refusal.field) == ("invalid", "actor")

    @pytest.mark.parametrize("missing", ["message_id", "type"])
    def test_without_key_or_type_it_is_undecodable(self, missing: str):
        with pytest.raises(UndecodableError, match="message_id and type"):
            understand_command(**{missing: None})

    def test_an_unknown_type_is_refused(self):
        refusal = refused_command(type="LaunchRocket")
        assert (refusal.code, refusal.field) == ("invalid", "type")

    def test_a_command_of_the_largest_size_is_taken_and_one_byte_more_is_refused_with_both_numbers(self):
        largest = json.dumps(COMMAND).encode().ljust(MAX_COMMAND_BYTES)
        assert understand_command(largest).type == "PublishNeed"
        refusal = refused_command(largest + b" ")
        assert (refusal.code, refusal.rule) == ("invalid", "command_too_large")
        assert dict(refusal.values) == {"size": MAX_COMMAND_BYTES + 1, "limit": MAX_COMMAND_BYTES}

    def test_a_bad_field_is_refused_with_its_dotted_path_and_rule(self):
        refusal = refused_command({"rows": [{"code": "11", "name": "A"}, {"code": "1"}]}, type=ImportAreas.type)
        assert (refusal.code, refusal.field, refusal.rule) == ("invalid", "rows.1.code", "not_an_area_code")

    @pytest.mark.parametrize("body", [b"", b"nope", b"[]", b"\xff", b"null"])
    def test_a_body_that_is_no_object_is_refused_not_parked(self, body: bytes):
        assert refused_command(body).code == "invalid"

    @pytest.mark.parametrize(("seconds", "expired"), [(5, False), (9, False), (11, True), (3600, True)])
    def test_a_command_in_hand_for_longer_than_its_caller_waits_is_expired(self, seconds: int, expired: bool):
        with pytest.raises(ExpiredError) if expired else nullcontext():
            assert understand_command(received=monotonic() - seconds, expiration="10000")

    @pytest.mark.parametrize("days", [-400, 400])
    def test_no_other_clock_expires_a_command(self, days: int):
        sent = int((NOW + timedelta(days=days)).timestamp())
        assert understand_command(timestamp=sent, expiration="10000").time == NOW + timedelta(days=days)

    def test_without_expiration_it_never_expires(self):
        assert understand_command(timestamp=0)

    @pytest.mark.parametrize(
        "strange",
        [
            {"timestamp": 2**63},
            {"timestamp": 10**15},
            {"timestamp": "yesterday"},
            {"expiration": "soon"},
            {"expiration": "9" * 30},
            {"application_headers": {"correlationid": None, "traceparent": 7}},
        ],
        ids=str,
    )
    def test_strange_properties_stop_nothing(self, strange: dict[str, Any]):
        with suppress(UndecodableError, Refused, ExpiredError):
            assert understand_command(**strange)


class TestTheFingerprint:
    def fingerprint(
        self, body: Any, kind: str = "RegisterDonor", service: str = "charity", secret: bytes = b"s", **headers: str
    ) -> str:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {**HEADERS, **headers}
        arrived = delivery(raw, f"{service}.commands", message_id="m", type=kind, application_headers=headers)
        return decode(arrived, Handlers(service), is_command=True, now=NOW, secret=secret).message.fingerprint

    def test_a_field_that_a_later_release_adds_to_what_the_caller_sent_does_not_count(self):
        sent = {"name": "Elm"}
        assert self.fingerprint(sent, body_digest="d") == self.fingerprint({**sent, "phone": None}, body_digest="d")
        assert self.fingerprint(sent, body_digest="d") != self.fingerprint(sent, body_digest="e")

    def test_another_key_of_the_same_principal_does_not_count(self):
        other = ANYBODY.model_copy(update={"id": "key_other"}).model_dump_json()
        assert self.fingerprint({"name": "Elm"}) == self.fingerprint({"name": "Elm"}, actor=other)

    def test_without_the_services_key_nobody_finds_a_short_body_by_trying(self):
        assert self.fingerprint({"name": "Elm"}) != self.fingerprint({"name": "Elm"}, secret=b"guessed")

    def test_the_order_of_fields_and_spaces_do_not_count(self):
        one = self.fingerprint(b'{"name": "Elm", "phone": "13800000000"}')
        assert one == self.fingerprint(b'{"phone":"13800000000","name":"Elm"}')

    def test_the_order_of_fields_within_a_field_does_not_count_either(self):
        given = {"fund_id": "f", "amount_fen": 5, "donor": {"name": "Elm", "phone": "13800000000"}}
        turned = {"donor": {"phone": "13800000000", "name": "Elm"}, "amount_fen": 5, "fund_id": "f"}
        assert self.fingerprint(given, "Donate") == self.fingerprint(turned, "Donate")

    def test_another_value_counts(self):
        assert self.fingerprint({"name": "Elm"}) != self.fingerprint({"name": "Oak"})

    def test_another_command_with_the_same_body_counts(self):
        assert self.fingerprint({"dispatch_id": "d"}, "CheckIn", "volunteering") != self.fingerprint(
            {"dispatch_id": "d"}, "CheckOut", "volunteering"
        )


class TestTimers:
    def row(self, **changes: Any) -> dict[str, Any]:
        return {
            "_id": "red", "due": NOW, "type": BoxRemembered.type, "data": {"box_id": "red"},
            "correlation": "c", "traceparent": "", "attempts": 0,
        } | changes  # fmt: skip

    def test_what_a_newer_replica_added_to_a_reminder_is_ignored(self):
        message = decode_timer(self.row(data={"box_id": "red", "added_by_a_newer_replica": 1}), build()).message
        assert message.data == BoxRemembered(box_id="red")

    def test_the_same_reminder_set_anew_is_another_message(self):
        row = self.row()
        received = decode_timer(row, build())
        assert (received.delivery, received.row) == (None, row)
        first, again = received.message, decode_timer(self.row(due=NOW + timedelta(minutes=1)), build()).message
        assert first.data == BoxRemembered(box_id="red")
        assert first.key != again.key
        assert first.key == decode_timer(self.row(), build()).message.key

    @pytest.mark.parametrize("changes", [{"type": "boxes.unknown"}, {"data": {"box": 1}}, {"data": None}])
    def test_a_row_that_no_handler_understands_is_undecodable(self, changes: dict[str, Any]):
        with pytest.raises(UndecodableError):
            decode_timer(self.row(**changes), build())
