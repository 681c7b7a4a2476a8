"""W3C Trace Context, and tracing where no collector is set."""

import json
import subprocess
import sys

import pytest
import structlog
from opentelemetry.trace import SpanKind

from shared.contracts.traceparent import Traceparent, fresh, propagate, read
from shared.runtime import otlp
from shared.runtime.otlp import Sender, Spans, place_of, plain
from shared.runtime.settings import ServiceSettings
from shared.runtime.tracing import open_spans

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GIVEN = f"00-{TRACE}-{SPAN}-01"
NOWHERE = "http://127.0.0.1:9"


def settings(**other: str) -> ServiceSettings:
    needed = {"amqp_uri": "amqp://host/", "mongo_uri": "mongodb://host/", "data_key": b"k" * 32}
    return ServiceSettings(**{**needed, **other})  # type: ignore[arg-type]


def test_a_header_says_where_in_which_trace_and_whether_it_is_recorded():
    assert read(GIVEN) == Traceparent(TRACE, SPAN, sampled=True)
    assert read(f"00-{TRACE}-{SPAN}-00") == Traceparent(TRACE, SPAN, sampled=False)
    assert read(f"00-{TRACE}-{SPAN}-03") == Traceparent(TRACE, SPAN, sampled=True)
    assert str(read(GIVEN)) == GIVEN


def test_a_later_version_is_read_as_far_as_it_is_known():
    assert read(f"cc-{TRACE}-{SPAN}-01-what-the-future-holds") == Traceparent(TRACE, SPAN, sampled=True)
    assert read(f"cc-{TRACE}-{SPAN}-01.what") is None


@pytest.mark.parametrize(
    "header",
    [
        "", "nonsense", GIVEN[:-1], GIVEN + "0", GIVEN + "-00", GIVEN.upper(), f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f" {GIVEN}", GIVEN + "\n",
    ],
    ids=repr,
)  # fmt: skip
def test_a_malformed_header_is_ignored_and_another_trace_begun(header: str):
    assert read(header) is None
    begun = read(propagate(header))
    assert begun is not None
    assert begun.trace_id != TRACE


def test_traces_begin_with_ids_of_their_own():
    assert len({fresh() for _ in range(100)}) == 100
    assert all(read(str(fresh(sampled=sampled))) for sampled in (True, False))


def test_without_a_collector_nothing_of_the_sdk_is_loaded():
    program = """
import sys
from services.gateway.tracing import NoTracer, open_tracer
from services.gateway.settings import GatewaySettings
from shared.engine.observe.tracing import NO_TRACER, open_tracer as engine_tracer
settings = GatewaySettings(amqp_uri="amqp://host/", mongo_uri="mongodb://host/")
assert engine_tracer(settings, "charity") is NO_TRACER and isinstance(open_tracer(settings), NoTracer)
print([name for name in sys.modules if name.startswith("opentelemetry.sdk") or name.startswith("google.protobuf")])
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PATH": ""})
    assert said.stdout.strip() == "[]"


def test_the_standard_variables_are_heard(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", NOWHERE)
    assert settings().otlp_endpoint == NOWHERE
    assert settings(otlp_endpoint="").otlp_endpoint == ""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert open_spans(settings(), "charity") is None


@pytest.mark.parametrize("address", ["collector:4318", "grpc://collector:4317", "http://", "http://host:port"])
def test_a_bad_address_is_refused_at_the_start(address: str):
    with pytest.raises(ValueError, match="otlp_endpoint"):
        settings(otlp_endpoint=address)


def test_a_collector_that_is_away_is_told_once_and_why(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(otlp, "STOP_SECONDS", 0.2)
    with structlog.testing.capture_logs() as lines:
        spans = Spans(Sender(NOWHERE), "charity", 1.0)
        for _ in range(2):
            spans.start("decide", SpanKind.CONSUMER, None).end()
        spans.stop()
    assert [(line["event"], line["collector"]) for line in lines] == [("spans_lost", "127.0.0.1")]
    assert "refused" in lines[0]["reason"]
    assert capsys.readouterr().err == ""


def test_a_span_is_beneath_its_parent_and_sampled_as_it_is():
    spans = Spans(Sender(NOWHERE), "charity", 0.0)
    try:
        beneath = spans.start("decide", SpanKind.CONSUMER, read(GIVEN))
        place = place_of(beneath)
        assert (place.trace_id, place.sampled, beneath.is_recording()) == (TRACE, True, True)
        assert place.span_id != SPAN
        unsampled = spans.start("decide", SpanKind.CONSUMER, read(f"00-{TRACE}-{SPAN}-00"))
        assert not unsampled.is_recording()
        of_its_own = spans.start("decide", SpanKind.CONSUMER, None)
        assert not place_of(of_its_own).sampled
    finally:
        spans.stop()


def test_what_does_not_look_like_an_id_is_no_attribute():
    assert plain("/charity/link#need_1.1.0") == "/charity/link#need_1.1.0"
    assert [plain(text) for text in ("Lin Mei", "林梅", "a" * 201, json.dumps({"a": 1}))] == [""] * 4
