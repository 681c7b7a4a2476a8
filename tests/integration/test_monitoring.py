"""A real Prometheus sees the running platform: each panel has numbers, and a dead letter is seen and repaired."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from lianshan_command import lianshan as run_lianshan
from monitoring_files import EXPORTERS, ROOT, metrics_in, plain, queries, rules
from monitoring_server import Prometheus, prometheus
from pymongo import MongoClient
from stacks import RunningStack, Servers
from waiting import eventually, until

from deploy.lianshan.local.services import MODULES
from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts

pytestmark = pytest.mark.integration

Lianshan = Callable[..., subprocess.CompletedProcess[str]]
FROM = "stations.commands"
RULES = [*rules("alerts.yaml"), *rules("recording.yaml")]
load_contracts()
SAID = set(EVENTS)
TWO_MINUTES = 120.0


@pytest.fixture(scope="module")
def lianshan(stack: RunningStack) -> Lianshan:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_lianshan(stack.environment, *arguments, columns=300)

    return run


@pytest.fixture(scope="module")
def watched(stack: RunningStack, lianshan: Lianshan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus, over a stack that has just taken a donation and a need."""
    done = lianshan("targets")
    assert done.returncode == 0, done.stderr
    targets = json.loads(done.stdout)
    assert {found["labels"]["process"].split("-")[0] for found in targets} == MODULES.keys()
    with prometheus(tmp_path_factory.mktemp("prometheus"), targets) as running:
        until(lambda: running.number("count(up == 1)") == len(targets), "every process is scraped")
        with stack.client() as client:
            _register_need(client, publish=True)
        yield running


def _register_need(client: httpx.Client, *, publish: bool) -> str:
    area = {"area": "110102009002", "name": "Watched station", "level": "station"}
    once = {"Idempotency-Key": "watched-station"}  # a community has one station: the second call gets the same
    station_id = client.post("/v1/stations", json=area, headers=once).raise_for_status().json()["id"]
    goods = {"station_id": station_id, "goods": [{"item": "quilt", "quantity": 20, "unit": "piece"}]}
    client.post("/v1/donations", json=goods).raise_for_status()
    need = {
        "station_id": station_id,
        "title": "Rice",
        "theme": "elderly_care",
        "urgency": "high",
        "due": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        "location": {"lon": 116.35, "lat": 39.93},
        "beneficiaries": 3,
        "lines": [{"kind": "goods", "item": "quilt", "quantity": 10, "unit": "piece"}],
        "publish": publish,
    }
    return str(client.post("/v1/needs", json=need).raise_for_status().json()["id"])


# ---- a dead letter, by the runbook alone ---------------------------------------------------------------------


def _commands_of_the_page() -> list[str]:
    page = (ROOT / "docs/runbook/dead-letters.md").read_text("utf-8")
    return [line.strip().removeprefix("lianshan ") for line in re.findall(r"^ *lianshan .*$", page, re.MULTILINE)]


def test_a_dead_letter_is_seen_everywhere_and_repaired_by_its_page_in_two_minutes(
    stack: RunningStack, lianshan: Lianshan, watched: Prometheus
) -> None:
    look, listing, show, retry, *others = _commands_of_the_page()
    assert (look, listing, show, retry) == ("status", "dlq list", "dlq show ID", "dlq retry ID")
    assert any(line.startswith("dlq drop ID --why") for line in others)
    depth = f'max(lianshan_letters{{queue="{FROM}", state="dead"}})'
    with stack.client() as client, MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as mongo:
        needs = mongo["stations"]["needs"]
        need_id = _register_need(client, publish=False)
        whole = needs.find_one({"_id": need_id})
        assert whole is not None
        needs.update_one({"_id": need_id}, {"$set": {"score": "what someone wrote by hand"}})

        def cancel() -> httpx.Response:
            key = {"Idempotency-Key": f"cancel-{need_id}"}
            return client.post(f"/v1/needs/{need_id}/cancel", json={"reason": "moved away"}, headers=key)

        refused = cancel()
        assert (refused.status_code, refused.json()["rule"]) == (500, "kept_for_operator")
        began = time.monotonic()

        until(lambda: watched.number(depth) == 1, "the metric counts one dead letter")

        def fired() -> dict[str, Any]:
            (found,) = watched.firing("LianshanDeadLetters")
            assert found["labels"]["queue"] == FROM
            return dict(found)

        alert = eventually(fired)
        assert alert["annotations"]["runbook_url"] == "docs/runbook/dead-letters.md"

        said = lianshan(*look.split())
        assert (said.returncode, "dead letters: 1" in said.stdout) == (1, True), said.stdout
        (letter_id,) = re.findall(rf"^{re.escape(FROM)} +(\S+)", lianshan(*listing.split()).stdout, re.MULTILINE)
        assert "score" in lianshan(*show.replace("ID", letter_id).split()).stdout

        needs.replace_one({"_id": need_id}, whole)
        assert refused.json()["args"]["letter"] == letter_id
        assert cancel().json() == refused.json(), "the key is closed, though the cause is mended"
        unasked = lianshan(*retry.replace("ID", letter_id).split())
        assert (unasked.returncode, "give --yes" in unasked.stderr) == (1, True), unasked.stderr
        done = lianshan(*retry.replace("ID", letter_id).split(), "--yes")
        assert (done.returncode, done.stdout) == (0, "1 dead letter sent back\n"), done.stderr
        until(lambda: client.get(f"/v1/needs/{need_id}").json().get("state") == "cancelled", "the retry is done")
        until(lambda: cancel().status_code == 200, "who repeats the key gets the outcome of the retry")

        def well_again() -> None:
            assert lianshan(*listing.split()).stdout == "no dead letters\n"
            told = lianshan(*look.split())
            assert told.returncode == 0, told.stdout

        eventually(well_again)
        until(lambda: not watched.firing("LianshanDeadLetters"), "the alert ends")
        assert time.monotonic() - began < TWO_MINUTES


# ---- everything that is drawn or watched is there ------------------------------------------------------------


def test_every_metric_that_a_rule_or_a_dashboard_names_is_exported(watched: Prometheus) -> None:
    wanted = set().union(*(metrics_in(plain(e)) for e in [r["expr"] for r in RULES] + list(queries().values())))
    ours = {name for name in wanted if not name.startswith(EXPORTERS)}
    assert len(ours) > 30
    until(lambda: ours <= watched.names(), f"all of {sorted(ours - watched.names())} are exported")


def test_every_picture_of_ours_shows_something(watched: Prometheus) -> None:
    asked = {place: expr for place, expr in queries().items() if not any(e in expr for e in EXPORTERS)}
    told = {place: re.findall(r'type="([a-z.]+)"', expr) for place, expr in asked.items()}
    assert {kind for kinds in told.values() for kind in kinds} <= SAID

    def empty() -> list[str]:
        # A metric is drawn once its service has exported it.
        return [place for place, expr in asked.items() if not told[place] and not watched.query(expr)]

    until(lambda: not empty(), "each query gives a number", 120)


def test_rabbitmq_itself_exports_what_is_watched_of_it(servers: Servers) -> None:
    if not servers.metrics_url:
        pytest.skip("the servers that LIANSHAN_TEST_… name tell nothing of their metrics")
    wanted = set().union(*(metrics_in(e) for e in [r["expr"] for r in RULES] + list(queries().values())))
    page = httpx.get(servers.metrics_url, timeout=10).text
    missing = [n for n in wanted if n.startswith("rabbitmq_") and not re.search(rf"^{n}[ {{]", page, re.MULTILINE)]
    assert missing == []
