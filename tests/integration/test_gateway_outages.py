"""The gateway alone: services that are silent, away or slow, a broker that breaks off, and its own start and stop."""

import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from broker_node import BrokerNode, broker_node, metrics
from gateway_stack import AREA, RunningGateway, running_gateway, until
from ports import free_port
from pretended_owner import announce, opened, pretending
from stacks import NO_TLS, Isolated, Servers
from waiting import eventually
from wire import proxy

from shared.engine.amqp.broker import close_quietly, connect
from shared.engine.amqp.topology import commands_queue

pytestmark = pytest.mark.integration
STATION = {"area": AREA, "name": "A station", "level": "station"}
OPENED = {"id": "station_1", "version": 1, **STATION, "state": "open", "opened_at": "2030-01-01T08:00:00Z"}
"""As stations answers, once the station is opened."""


@pytest.fixture(scope="module")
def broker_metrics() -> Iterator[BrokerNode]:
    """The metrics of RabbitMQ, of which there is plenty of everything."""
    with broker_node(metrics()) as node:
        yield node


@pytest.fixture(scope="module")
def alone(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory, broker_metrics: BrokerNode
) -> Iterator[RunningGateway]:
    """The API with queues, and nobody behind them. It waits a second for answers, and lets few wait."""
    settings = {"command_seconds": "1", "query_seconds": "1", "max_in_flight": "4", "settle_milliseconds": "50"}
    settings["broker_metrics_urls"] = broker_metrics.url
    with running_gateway(servers, tmp_path_factory.mktemp("alone"), ["gateway"], **settings) as gateway:
        announce(gateway)
        yield gateway


def waits_at_owner(gateway: RunningGateway) -> bool:
    """Return whether a command waits in the queue of stations."""
    connection = connect(gateway.room.amqp_uri, "onlooker")
    try:
        return bool(connection.channel().queue_declare(commands_queue("stations"), passive=True).message_count)
    finally:
        close_quietly(connection)


def test_a_command_carries_what_the_service_must_know(alone: RunningGateway) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with pretending(alone, lambda _: {"ok": OPENED}) as seen, alone.client() as api:
        headers = {"Idempotency-Key": "k", "traceparent": trace}
        answers = [api.post("/v1/stations", json=STATION, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    first, second = (message.properties for message in seen)
    assert first["type"] == "OpenStation"
    assert first["content_type"] == "application/json"
    assert first["expiration"] == "1000"
    assert first["application_headers"]["traceparent"] == trace
    assert first["message_id"] == second["message_id"]
    assert first["correlation_id"] != second["correlation_id"]
    assert json.loads(opened(seen[0])).items() >= {**STATION, "external_id": None}.items()
    assert json.loads(first["application_headers"]["actor"])["on_behalf_of"] == "principal_admin"
    assert answers[0].headers["X-Correlation-ID"] == trace.split("-")[1]


def test_before_the_broker_alarms_commands_are_refused_with_503_and_all_else_goes_on(
    alone: RunningGateway, broker_metrics: BrokerNode
) -> None:
    with pretending(alone, lambda _: {"ok": OPENED}) as seen, alone.client() as api:
        broker_metrics.text = metrics(free=1.1e9)
        until(lambda: api.post("/v1/stations", json=STATION).status_code == 503, "the door to close")
        taken = len(seen)
        answer = api.post("/v1/stations", json=STATION)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert (answer.json()["rule"], len(seen)) == ("broker_short_of_room", taken), "nothing was done"
        assert api.get("/v1/needs").status_code == 200
        with alone.database() as database:
            assert database["control"].find_one({"_id": "door"})["code"] == "broker_disk_low"  # type: ignore[index]
        broker_metrics.text = metrics()
        until(lambda: api.post("/v1/stations", json=STATION).status_code == 201, "the door to open")


def test_a_silent_service_is_a_504_that_says_to_retry_with_the_same_key(alone: RunningGateway) -> None:
    with alone.client() as api:
        answer = api.post("/v1/stations", json=STATION)
    assert answer.status_code == 504
    assert "retry with the same Idempotency-Key" in answer.json()["detail"]


def test_too_many_that_wait_are_told_to_come_again(alone: RunningGateway) -> None:
    def twelve_at_once() -> None:
        with alone.client() as api, ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: api.post("/v1/stations", json=STATION), range(12)))
        statuses = sorted(answer.status_code for answer in answers)
        # Four wait; the question for the owner's key may be one of them.
        assert statuses.count(504) in {3, 4}
        assert statuses.count(503) == 12 - statuses.count(504)
        assert all(answer.headers["Retry-After"] for answer in answers if answer.status_code == 503)

    eventually(twelve_at_once)  # a busy machine may send the last of them when the first have waited their second


def test_a_service_that_was_never_there_is_a_503_at_once(alone: RunningGateway) -> None:
    def at_once() -> None:
        with alone.client() as api:
            began = time.monotonic()
            answer = api.get("/v1/areas")
            took = time.monotonic() - began
        assert answer.status_code == 503
        assert "stations" in answer.json()["detail"]
        assert took < 0.9, "it waits for a second where it waits"

    eventually(at_once, 10)


@pytest.mark.parametrize(
    ("code", "status"),
    [("not_found", 404), ("wrong_state", 409), ("version_mismatch", 412), ("failed", 500), ("new", 500)],
)
def test_a_services_refusal_reaches_the_caller(alone: RunningGateway, code: str, status: int) -> None:
    refusal = {"code": code, "rule": "unknown_area", "field": "area", "args": {"area": "11"}}
    with pretending(alone, lambda _: {"error": refusal}), alone.client() as api:
        answer = api.post("/v1/stations/station_1/close", headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == status
    detail = "区划代码 11 不在名册中：请核对代码，或先导入所在城市的区划名册。"
    assert answer.json()["detail"] == detail
    told = {"field": "area", "rule": "unknown_area", "args": {"area": "11"}, "detail": detail}
    assert answer.json()["errors"] == [told]


def test_a_list_is_answered_although_nobody_tells_the_titles(alone: RunningGateway) -> None:
    with alone.database() as database:
        document = {
            "_id": "need_1", "version": 1, "seen": 1, "area": AREA, "station_id": "s", "state": "draft",
            "urgency": "low", "waiting": False, "link": {}, "staffing": {}, "timeline": [],
            "need": {"theme": "t", "score": 1, "due": "2030-01-01T00:00:00Z", "place": {"lon": 1, "lat": 1},
                     "beneficiaries": 1, "beneficiary_groups": [], "lines": [], "volunteers": None,
                     "published_at": None},
        }  # fmt: skip
        database["needs@1"].insert_one(document)
    with alone.client() as api:
        answer = api.get("/v1/needs")
    assert answer.status_code == 200
    assert answer.json()["items"][0]["title"] is None


def test_after_the_broker_broke_off_it_connects_again_and_those_who_waited_are_told(
    alone: RunningGateway, tmp_path: Path
) -> None:
    gateway = RunningGateway(alone.room, tmp_path, f"http://127.0.0.1:{free_port()}", key_file=alone.key_file)
    with proxy(alone.room.amqp_uri) as wire:
        gateway.start("gateway", amqp_uri=wire.uri, settle_milliseconds="50")
        try:
            gateway.wait_ready()
            with pretending(alone, lambda _: None):
                pass  # purges the queue
            with ThreadPoolExecutor(1) as pool, gateway.client() as api:
                waiting = pool.submit(api.post, "/v1/stations", json=STATION)
                until(lambda: waits_at_owner(alone), "the command to be sent")
                wire.cut()
                answer = waiting.result()
                assert answer.status_code == 503
                assert "the same Idempotency-Key" in answer.json()["detail"]
                wire.restore()
                gateway.wait_ready()
                with pretending(gateway, lambda _: {"ok": OPENED}):
                    assert api.post("/v1/stations", json=STATION).status_code == 201
        finally:
            gateway.stop("gateway", signal.SIGKILL)


def test_while_the_store_is_away_requests_are_a_503_and_it_is_not_ready(alone: RunningGateway, tmp_path: Path) -> None:
    gateway = RunningGateway(alone.room, tmp_path, f"http://127.0.0.1:{free_port()}", key_file=alone.key_file)
    with proxy(alone.room.mongo_uri) as wire:
        gateway.start("gateway", mongo_uri=wire.uri)
        try:
            gateway.wait_ready()
            with gateway.client() as api:
                assert api.get("/v1/stations").status_code == 200
                wire.cut()
                with ThreadPoolExecutor(2) as pool:  # each waits as long as the store is given to answer
                    answer, state = pool.map(api.get, ("/v1/stations", "/readyz"))
                assert answer.status_code == 503
                assert answer.headers["Retry-After"]
                assert "store" in state.json()["wrong"]
        finally:
            gateway.stop("gateway", signal.SIGKILL)


def test_requests_beyond_the_rate_are_a_429_that_says_when_to_come_again(servers: Servers, tmp_path: Path) -> None:
    with (
        running_gateway(servers, tmp_path, ["gateway"], rate_per_second="1", rate_burst="3") as gateway,
        gateway.client() as api,
    ):
        assert [api.get("/v1/stations").status_code for _ in range(3)] == [200, 200, 200]

        def one_more() -> httpx.Response | None:
            answer = api.get("/v1/stations")
            return answer if answer.status_code == 429 else None

        refused = until(one_more, "a request that comes too soon after the one before")
        assert int(refused.headers["Retry-After"]) >= 1
        assert refused.headers["content-type"] == "application/problem+json"


def test_a_stop_ends_open_streams_and_exits_0_and_a_later_start_keeps_the_key(servers: Servers, tmp_path: Path) -> None:
    with running_gateway(servers, tmp_path, ["gateway"]) as gateway:
        key = gateway.key_file.read_text()
        with gateway.client() as api, api.stream("GET", "/v1/events/stream", timeout=20) as stream:
            lines = stream.iter_lines()
            assert next(lines) == ": connected"
            assert gateway.stop("gateway", signal.SIGTERM) == 0
            assert not [line for line in lines if line.startswith("data")]
        gateway.start("gateway")
        gateway.wait_ready()
        assert gateway.key_file.read_text() == key
        with gateway.client() as api:
            assert api.get("/v1/stations").status_code == 200


def test_a_start_that_was_cut_off_takes_the_key_from_the_file(servers: Servers, tmp_path: Path) -> None:
    with running_gateway(servers, tmp_path, ["gateway"]) as gateway:
        key = gateway.key_file.read_text().strip()
        gateway.stop("gateway")
        with gateway.database() as database:
            database["keys"].delete_many({})
        gateway.start("gateway")
        gateway.wait_ready()
        with gateway.client(key) as api:
            assert api.get("/v1/stations").status_code == 200


def test_when_the_broker_has_gone_it_is_alive_not_ready_and_still_reads(alone: RunningGateway, tmp_path: Path) -> None:
    gateway = RunningGateway(alone.room, tmp_path, f"http://127.0.0.1:{free_port()}", key_file=alone.key_file)
    with proxy(alone.room.amqp_uri) as wire:
        gateway.start("gateway", amqp_uri=wire.uri, settle_milliseconds="50")
        try:
            gateway.wait_ready()
            wire.cut()
            until(
                lambda: httpx.get(f"{gateway.url}/readyz", timeout=5, verify=NO_TLS).status_code == 503,
                "it has noticed",
                120,
            )

            def says_so() -> None:
                answer = httpx.get(f"{gateway.url}/readyz", timeout=5, verify=NO_TLS)
                assert answer.json()["wrong"] == {"messages": "not connected to RabbitMQ"}

            eventually(says_so)
            assert httpx.get(f"{gateway.url}/healthz", timeout=5, verify=NO_TLS).status_code == 200
            with gateway.client() as api:
                assert api.get("/v1/stations").status_code == 200
                assert api.post("/v1/stations", json=STATION).status_code == 503
        finally:
            gateway.stop("gateway", signal.SIGKILL)


def test_a_bad_setting_is_told_and_ends_the_start(isolated: Isolated, tmp_path: Path) -> None:
    gateway = RunningGateway(isolated, tmp_path, "http://127.0.0.1:0")
    gateway.start("gateway", rate_burst="-1")
    assert gateway.processes.pop("gateway").wait(30) == 2
    assert "LIANSHAN_RATE_BURST" in gateway.log("gateway")


def test_nothing_is_sent_to_an_owner_that_is_away_and_has_never_announced_its_key(alone: RunningGateway) -> None:
    with alone.client() as api:
        answer = api.post("/v1/donors", json={"name": "Lin Example"})
    assert (answer.status_code, answer.json()["rule"]) == (503, "owner_key_unknown")
    assert answer.headers["Retry-After"]
    connection = connect(alone.room.amqp_uri, "onlooker")
    try:
        queue = connection.channel().queue_declare(commands_queue("charity"), passive=True)
        assert queue.message_count == 0
    finally:
        close_quietly(connection)
