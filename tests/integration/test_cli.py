"""The `lianshan` command over a running stack."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from agency_queue import AGENCY, agency_queue
from failed_messages import keep
from lianshan_command import lianshan as run_lianshan
from pymongo import MongoClient
from stacks import NO_TLS, RunningStack
from waiting import eventually, until

from deploy.lianshan.local.rabbitmq import control, list_queues
from deploy.lianshan.topology.connections import read_connections
from deploy.lianshan.topology.retirement import find_former_processes
from shared.engine.amqp.broker import Outgoing, Publisher, connect
from shared.engine.amqp.depth import DepthUnknownError, read_depth
from shared.runtime.keyring import parse_ring
from shared.runtime.vault import Vault

pytestmark = pytest.mark.integration

Lianshan = Callable[..., subprocess.CompletedProcess[str]]
SECONDS = 90.0
BUSY = "observer.busy"


@pytest.fixture
def lianshan(stack: RunningStack) -> Lianshan:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_lianshan(stack.environment, *arguments)

    return run


def publish(stack: RunningStack, queue: str, body: bytes, **properties: Any) -> None:
    connection = connect(stack.addresses["amqp_uri"], "test")
    try:
        refused = Publisher(connection).publish([Outgoing("", queue, body, {"delivery_mode": 2, **properties})])
    finally:
        connection.close()
    assert not refused


def letters(lianshan: Lianshan, queue: str) -> list[dict[str, Any]]:
    done = lianshan("dlq", "list", "--queue", queue, "--json")
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def wait_for_letters(lianshan: Lianshan, queue: str, ids: set[str]) -> list[dict[str, Any]]:
    end = time.monotonic() + SECONDS
    while True:
        found = letters(lianshan, queue)
        if {letter["id"] for letter in found} == ids:
            return found
        assert time.monotonic() < end, f"{queue} holds {found}, not {ids}"


def test_status_tells_of_every_process_queue_and_outbox(lianshan: Lianshan) -> None:

    def well() -> Any:
        done = lianshan("status", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    found = eventually(well)
    assert {"mongod", "rabbitmq", "stations", "charity", "volunteering", "gateway"} <= {
        p["name"] for p in found["processes"] if p["state"] == "running" and p["ready"] and p["uptime_seconds"] > 0
    }
    assert {q["queue"]: q["consumers"] for q in found["queues"]}["charity.events"] == 1
    assert {o["service"] for o in found["outbox"]} == {"stations", "charity", "volunteering", "gateway"}
    assert (found["well"], found["wrong"], {o["door"] for o in found["outbox"]}) == (True, [], {"open"})


def test_an_agencys_queue_is_in_the_status_and_unread_it_is_the_doctors_business(
    stack: RunningStack, lianshan: Lianshan
) -> None:

    def look() -> None:
        done = run_lianshan(stack.environment, "status", columns=80)
        assert [line.split() for line in done.stdout.splitlines() if AGENCY in line] == [[AGENCY, "1", "0"]]
        assert done.returncode == 0, done.stdout

    with agency_queue(stack.addresses["amqp_uri"]):
        until(lambda: AGENCY in list_queues(stack.folder), "the broker lists the new queue")
        eventually(look)
        told = lianshan("doctor", "--quick", "--lang", "en")
    assert f"{AGENCY}, an agency's queue, holds 1 message and has no consumer" in told.stdout
    assert f"rabbitmqctl delete_queue {AGENCY};" in told.stdout


def test_a_queue_whose_leader_is_too_busy_to_answer_is_not_taken_for_an_empty_one(stack: RunningStack) -> None:
    program, environment = control(stack.folder)
    connection = connect(stack.addresses["amqp_uri"], "test", 600)
    channel = connection.channel()
    channel.queue_declare(BUSY, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
    publish(stack, BUSY, b"{}")

    def tell_leader(what: str) -> None:
        found = f'{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"{BUSY}">>))'
        told = f"{found}, sys:{what}(element(1, amqqueue:get_pid(Q)))."
        subprocess.run([*program, "eval", told], env=environment, check=True, timeout=60)

    try:
        tell_leader("suspend")
        with pytest.raises(DepthUnknownError):
            read_depth(channel, BUSY)
        tell_leader("resume")
        assert read_depth(channel, BUSY) == (1, 0)
    finally:
        channel.queue_delete(BUSY)
        connection.close()


def test_importing_tells_bad_rows_by_number_and_reason_and_keeps_the_good(
    stack: RunningStack, lianshan: Lianshan, tmp_path: Path
) -> None:
    file = tmp_path / "areas.csv"
    file.write_text("code,name\n99,Far Province\n9901,Far City\nabc,Nowhere\n990101,\n")
    done = lianshan("areas", "import", str(file))
    assert done.returncode == 1
    assert "2 rows accepted, 2 of them new or changed, 2 bad" in done.stdout
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["row 4", "row 5"]
    with stack.client() as client:
        assert client.get("/v1/areas/9901").json()["name"] == "Far City"

    again = lianshan("areas", "import", str(file), "--json")
    report = json.loads(again.stdout)
    assert (report["accepted"], report["changed"], report["bad_rows"]) == (2, 0, 2)


def test_importing_a_file_that_is_not_there_is_one_clear_line(lianshan: Lianshan) -> None:
    done = lianshan("areas", "import", "nowhere.csv")
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["lianshan: No such file or directory: nowhere.csv"]


def test_dead_letters_are_listed_shown_sent_back_and_dropped(stack: RunningStack, lianshan: Lianshan) -> None:
    queue = "charity.events"
    publish(stack, "charity.events", b"not JSON at all", message_id="poison-1", content_type="text/plain")
    publish(stack, "charity.events", b"\xff{", message_id="poison-2", content_type="application/cloudevents+json")
    both = wait_for_letters(lianshan, queue, {"poison-1", "poison-2"})
    history = {letter["id"]: letter["history"] for letter in both}
    assert "content_type" in history["poison-1"][-1]["error"]
    assert len(history["poison-2"]) == 1
    assert lianshan("status").returncode == 1, "dead letters are not well"

    shown = lianshan("dlq", "show", "poison-1")
    assert "not JSON at all" in shown.stdout
    assert "text/plain" in shown.stdout

    done = lianshan("dlq", "retry", "poison-1")
    assert (done.returncode, done.stdout) == (0, "1 dead letter sent back\n")
    wait_for_letters(lianshan, queue, {"poison-1", "poison-2"})

    assert "--why" in lianshan("dlq", "drop", "poison-2").stderr
    why = ("--why", "no release can read it", "--by", "op")
    done = lianshan("dlq", "drop", "poison-2", "no-such-letter", *why)
    assert done.returncode == 1
    assert "there is no dead letter no-such-letter" in done.stderr
    wait_for_letters(lianshan, queue, {"poison-1"})
    assert lianshan("dlq", "drop", "--all", "--queue", queue, *why).returncode == 0
    assert letters(lianshan, queue) == []
    assert lianshan("dlq", "list").stdout == "no dead letters\n"


def test_a_timer_that_was_given_up_fires_again_when_sent_back(stack: RunningStack, lianshan: Lianshan) -> None:
    queue, key = "volunteering.events", "staffing_due:need_of_a_test"
    row = {"timer": key, "type": "volunteering.staffing_due", "data": {"need_id": "need_of_a_test"}}
    vault = Vault(parse_ring(stack.folder.secrets["data_key"]), "volunteering")
    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as client:
        given = {"id": key, "kind": "timer", "type": "volunteering.staffing_due", "vault": vault}
        keep(client["volunteering"], queue, json.dumps(row).encode(), **given)
    (letter,) = wait_for_letters(lianshan, queue, {key})
    assert (letter["timer"], letter["type"]) == (key, "volunteering.staffing_due")

    assert lianshan("dlq", "retry", key).returncode == 0
    metrics = stack.processes()["volunteering"]["ready_url"].replace("/readyz", "/metrics")
    end = time.monotonic() + SECONDS
    while 'type="volunteering.staffing_due"' not in httpx.get(metrics, verify=NO_TLS).text:
        assert time.monotonic() < end, "the timer has not fired"
        time.sleep(0.1)
    wait_for_letters(lianshan, queue, set())


def test_nothing_of_a_former_release_is_left_and_no_process_of_today_is_taken_for_one(
    stack: RunningStack, lianshan: Lianshan
) -> None:
    def connected() -> Any:
        properties = read_connections(stack.folder, stack.addresses["amqp_uri"])
        assert properties is not None
        names = {str(one.get("connection_name")) for one in properties if one.get("product") == "lianshan"}
        assert {"charity publisher", "charity consumer"} <= names
        return properties

    properties = eventually(connected)
    assert find_former_processes(properties) == []
    done = lianshan("topology", "retire", "--json")
    assert done.returncode == 0, done.stderr
    assert {step["outcome"] for step in json.loads(done.stdout)} == {"was_gone"}


def test_a_letter_that_is_not_there_is_one_clear_line(lianshan: Lianshan) -> None:
    done = lianshan("dlq", "show", "no-such-letter")
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["lianshan: there is no dead letter no-such-letter: see `lianshan dlq list`."]


def test_an_agency_hears_the_events_of_its_area_and_no_others(stack: RunningStack) -> None:
    key = "stations.station.opened.11.01.02.009.#"
    listener = subprocess.Popen(
        [sys.executable, "-m", "deploy.lianshan.cli", "subscribe", "--json", "--count", "1", "--binding", key],
        env=stack.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert listener.stderr is not None
        assert listener.stderr.readline().startswith("listening to stations.station.opened")
        with stack.client() as client:
            for area, name in (("110102", "elsewhere"), ("110102009005", "listened")):
                body = {"area": area, "name": f"Station {name}", "level": "station"}
                client.post("/v1/stations", json=body, headers={"Idempotency-Key": f"subscribe-{name}"})
        out, _ = listener.communicate(timeout=SECONDS)
    finally:
        listener.kill()
        listener.communicate()
    (event,) = [json.loads(line) for line in out.splitlines()]
    assert event["type"] == "stations.station.opened"
    assert event["area"] == "110102009005"
    assert event["specversion"] == "1.0"


def test_declaring_the_topology_again_changes_nothing(lianshan: Lianshan) -> None:
    done = lianshan("topology")
    assert done.returncode == 0, done.stderr
    assert "queues stand" in done.stdout


def test_load_runs_at_its_rate_and_tells_that_every_need_came_to_its_end(lianshan: Lianshan) -> None:

    def run() -> dict[str, Any]:
        done = lianshan("load", "--rate", "10", "--for", "2s", "--json")
        figures = dict(json.loads(done.stdout))
        assert (done.returncode == 0) == figures["well"], done.stdout + done.stderr
        return figures

    # A machine that is busy with other things for two seconds holds no rate: one of three runs does.
    found = next((last for last in (run() for _ in range(2)) if last["rate_held"]), None) or run()
    assert (found["well"], found["accepted"], found["ready"], found["errors"]) == (True, 20, 20, {})
    assert (found["rate_held"], found["limit"]) == (True, None)
    assert 5 < found["accepted_per_second"] < 13
    assert 0 < found["published_to_ready_ms"]["p50"] <= found["published_to_ready_ms"]["p99"]


def test_load_on_a_platform_elsewhere_has_to_be_meant(stack: RunningStack) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.lianshan.cli", "load"],
        env={**stack.environment, "LIANSHAN_GATEWAY_URL": "https://city.example"},
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("lianshan: https://city.example is not on this machine")
    assert "--yes-really" in line
