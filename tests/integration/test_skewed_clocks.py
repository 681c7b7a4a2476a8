"""Every process on a host whose clock is ten minutes off: requests are answered, and nothing ends before its time."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import stacks
from gateway_stack import AREA, EVERYONE, RunningGateway, created, import_areas, need, station, until
from ports import free_port
from stacks import Servers

from deploy.lianshan.stores import SERVICES, open_stores
from shared.runtime.skew import find_skewed

pytestmark = [pytest.mark.integration, pytest.mark.long]
SKEWS = {"stations": 600, "charity": -600, "volunteering": 600, "gateway.projector": -600, "gateway": 600}
"""Seconds that each process's host is ahead."""


@pytest.fixture(scope="module")
def skewed(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """The platform, each process of it on such a host."""
    with stacks.isolated(servers, furnished=True) as room:
        made = RunningGateway(room, tmp_path_factory.mktemp("skewed"), f"http://127.0.0.1:{free_port()}")
        try:
            for name in EVERYONE:
                made.start(name, skew=SKEWS[name])
            made.wait_ready()
            with made.client() as admin:
                import_areas(admin)
            yield made
        finally:
            for name in list(made.processes):
                made.stop(name, signal.SIGKILL)


def test_a_need_is_linked_and_staffed_and_keeps_its_time(skewed: RunningGateway) -> None:
    with skewed.client() as api:
        place = station(api)
        volunteer: dict[str, Any] = {
            "name": "Li Invented", "phone": "13800000000", "area": AREA, "location": {"lon": 116.34, "lat": 39.93},
        }  # fmt: skip
        created(api, "/v1/volunteers", volunteer)
        begins = datetime.now(UTC) + timedelta(minutes=4)
        slot = {"headcount": 1, "starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=1)).isoformat()}
        asked = created(api, "/v1/needs", need(place, volunteers=slot, lines=[], publish=True))
        shown = until(lambda: with_offer(api, asked), "an offer, which a clock ten minutes ahead would have expired")
        accepted = api.post(f"/v1/dispatches/{shown}/accept")
        assert accepted.status_code == 200, accepted.text
        until(lambda: api.get(f"/v1/needs/{asked}").json().get("state") == "ready", "the need is ready")


def with_offer(api: httpx.Client, need_id: str) -> str | None:
    rows = api.get("/v1/dispatches", params={"need_id": need_id}).json()["items"]
    return next((row["id"] for row in rows if row["state"] == "offered"), None)


def test_status_names_the_hosts_that_are_off(skewed: RunningGateway) -> None:
    with open_stores(skewed.room.mongo_uri, skewed.room.database_prefix) as stores:

        def found() -> dict[str, int]:
            return {one.process: round(one.seconds / 60) for one in find_skewed(stores.of, SERVICES)}

        wanted = {"stations": 10, "charity": -10, "volunteering": 10, "gateway": -10, "gateway-api": 10}
        until(lambda: found() == wanted, "every process has shown how many minutes its host is ahead")
