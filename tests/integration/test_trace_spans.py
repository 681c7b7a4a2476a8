"""A need's way through all services, as a collector sees it."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from gateway_stack import (
    AREA,
    AREAS,
    EVERYONE,
    RunningGateway,
    created,
    need,
    running_gateway,
    station,
    until,
    volunteer,
)
from otlp_collector import Collector, Seen, collecting
from stacks import Servers

pytestmark = pytest.mark.integration
TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
SLOT = {"headcount": 1, "skills": ["first_aid"], "starts_at": "2030-01-01T08:00:00Z", "ends_at": "2030-01-01T10:00:00Z"}
PERSONAL = ("Example", "138 0000", "13800000001", "Rice for", "Elm Lane", "116.351")


@pytest.fixture(scope="module")
def collector() -> Iterator[tuple[Collector, ExitStack]]:
    with ExitStack() as running:
        yield running.enter_context(collecting()), running


@pytest.fixture(scope="module")
def gateway(
    servers: Servers, collector: tuple[Collector, ExitStack], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    folder, url = tmp_path_factory.mktemp("traced"), collector[0].url
    with (
        running_gateway(servers, folder, EVERYONE, otlp_endpoint=url, trace_sample="1") as running,
        running.client() as api,
    ):
        rows = [{"code": code, "name": f"Area {code}"} for code in AREAS]
        assert api.post("/v1/areas:batch", json={"rows": rows}).status_code == 200
        yield running


@pytest.fixture
def api(gateway: RunningGateway) -> Iterator[httpx.Client]:
    with gateway.client() as client:
        yield client


def supplied(api: httpx.Client) -> str:
    """A station with rice and somebody who always comes."""
    station_id = station(api)
    gift = {"station_id": station_id, "goods": [{"item": "quilt", "quantity": 10, "unit": "piece"}]}
    created(api, "/v1/donations", {**gift, "donor": {"name": "Donor Example", "phone": "13800000001"}})
    created(api, "/v1/volunteers", volunteer(standing_acceptance=True))
    return station_id


def ready(api: httpx.Client, need_id: str) -> dict[str, Any]:
    found: dict[str, Any] = until(
        lambda: (read := api.get(f"/v1/needs/{need_id}").json())["state"] == "ready" and read, f"{need_id} is ready"
    )
    return found


def decided(spans: list[Seen], service: str, message: str) -> Seen:
    (found,) = [span for span in spans if span.service == service and span.attributes.get("lianshan.type") == message
                and span.name.startswith("decide")]  # fmt: skip
    return found


def whole(collector: Collector, trace: str) -> list[Seen]:
    """The trace, once its last span has come; each process sends its own when it likes."""
    # The decisions: the command; published to three; linked and confirmed to two each; ready to the gateway.
    kinds = {"decide": 9, "ask": 1, "POST": 1}

    def complete() -> list[Seen] | None:
        spans = collector.of(trace)
        came = Counter(span.name.partition(" ")[0] for span in spans)
        return spans if all(came[kind] >= count for kind, count in kinds.items()) else None

    found: list[Seen] = until(complete, "the whole trace has come")
    return found


def test_a_need_is_one_trace_from_the_request_until_it_is_ready(
    gateway: RunningGateway, api: httpx.Client, collector: tuple[Collector, ExitStack]
) -> None:
    headers = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
    asked_for = need(supplied(api), due="2030-01-02T00:00:00Z", volunteers=SLOT)
    need_id = created(api, "/v1/needs", asked_for, **headers)
    ready(api, need_id)
    spans = whole(collector[0], TRACE)
    (request,) = [span for span in spans if span.name == "POST /v1/needs"]
    (asked,) = [span for span in spans if span.name == "ask stations RegisterNeed"]
    registered = decided(spans, "stations", "RegisterNeed")
    linked = decided(spans, "charity", "stations.need.published")
    staffed = decided(spans, "volunteering", "stations.need.published")
    applied = [decided(spans, "stations", "charity.link.linked"),
               decided(spans, "stations", "volunteering.staffing.confirmed")]  # fmt: skip
    made_ready = decided(spans, "gateway", "stations.need.ready")
    assert request.parent == CALLER
    assert asked.parent == request.span
    assert registered.parent == asked.span
    assert linked.parent == staffed.parent == registered.span
    assert {span.parent for span in applied} == {linked.span, staffed.span}
    assert made_ready.parent in {span.span for span in applied}
    assert len({span.span for span in spans}) == len(spans)
    assert not any(span.failed for span in spans)
    assert (request.attributes["http.response.status_code"], registered.attributes["lianshan.said"]) == (
        201, ["stations.need.published"],
    )  # fmt: skip
    assert {linked.attributes["lianshan.subject"], registered.attributes["lianshan.subject"]} == {need_id}
    timings = [linked.attributes[f"lianshan.{stage}_ms"] for stage in ("load", "decide", "commit", "publish")]
    assert all(ms >= 0 for ms in timings)
    assert 0 < sum(timings) * 1e6 <= linked.nanoseconds * 1.01


def test_a_malformed_header_begins_a_trace_of_our_own(
    api: httpx.Client, collector: tuple[Collector, ExitStack]
) -> None:
    answer = api.get("/v1/stations", headers={"traceparent": f"00-{'0' * 32}-{CALLER}-01"})
    trace = answer.headers["X-Correlation-ID"]
    (request,) = until(lambda: collector[0].of(trace), "the span of the request")
    assert request.parent == ""


ORGANISATIONS = {
    flags: {"name": "Elm Aid", "credit_code": code, "kind": "foundation", "area": AREA}
    for flags, code in (("00", "531100005000000018"), ("01", "53110000500000002B"))
}


def test_a_caller_that_does_not_trace_is_not_traced(api: httpx.Client, collector: tuple[Collector, ExitStack]) -> None:
    unsampled, sampled = "1" * 32, "2" * 32
    for trace, flags in ((unsampled, "00"), (sampled, "01")):
        answer = api.post(
            "/v1/organisations", json=ORGANISATIONS[flags],
            headers={"traceparent": f"00-{trace}-{CALLER}-{flags}"},
        )  # fmt: skip
        assert answer.status_code == 201
    until(lambda: len({s.service for s in collector[0].of(sampled)}) >= 2, "the spans of the later request")
    assert not collector[0].of(unsampled)


def test_a_refusal_is_told_by_its_code(api: httpx.Client, collector: tuple[Collector, ExitStack]) -> None:
    trace = "3" * 32
    headers = {"traceparent": f"00-{trace}-{CALLER}-01"}
    assert api.post("/v1/needs/need_unknown/publish", headers=headers).status_code == 404
    until(lambda: len(collector[0].of(trace)) == 3, "the spans of the request")
    refused = decided(collector[0].of(trace), "stations", "PublishNeed")
    assert (refused.attributes["lianshan.outcome"], refused.attributes["lianshan.refusal"]) == ("refused", "not_found")


def test_no_span_tells_anything_about_a_person(collector: tuple[Collector, ExitStack]) -> None:
    assert len(collector[0].spans) > 20
    told = b"\n".join(collector[0].raw).decode("utf-8", "replace")
    assert [word for word in PERSONAL if word in told] == []


def test_without_its_collector_the_work_goes_on(
    gateway: RunningGateway, api: httpx.Client, collector: tuple[Collector, ExitStack]
) -> None:
    collector[1].close()
    needs = [created(api, "/v1/needs", need(supplied(api), volunteers=None)) for _ in range(5)]
    began = time.monotonic()
    for need_id in needs:
        ready(api, need_id)
    assert time.monotonic() - began < 10
    began = time.monotonic()
    with ThreadPoolExecutor(len(EVERYONE)) as pool:
        assert list(pool.map(gateway.stop, EVERYONE)) == [0] * len(EVERYONE)
    assert time.monotonic() - began < 20
    lines = [json.loads(line) for line in gateway.log("charity").splitlines() if line.startswith("{")]
    (loss,) = [line for line in lines if line["event"] == "spans_lost"]
    assert (loss["level"] != "info", loss["collector"]) == (True, "127.0.0.1")
    assert "Failed to establish a new connection" in loss["reason"]
