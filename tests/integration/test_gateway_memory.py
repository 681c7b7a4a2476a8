"""A hundred large bodies at once stay within a stated memory: those beyond the budget wait with their senders."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from gateway_stack import RunningGateway, need, running_gateway
from stacks import NO_TLS, Servers

from shared.contracts.messages import MAX_COMMAND_BYTES

pytestmark = pytest.mark.integration
BODIES = 100
BODY_BYTES = 8 * 1024 * 1024
MOST_MIB = 384
"""What the gateway takes at most with its default budget; its pod has 512 MiB."""


def largest_batch() -> bytes:
    """Two hundred needs, as much as one body may have."""
    lines = [{"kind": "money", "amount_fen": 100, "purpose": "善" * 676} for _ in range(20)]
    body = json.dumps({"needs": [need("station_unknown", lines=lines)] * 200}, ensure_ascii=False).encode()
    assert BODY_BYTES * 0.95 < len(body) <= BODY_BYTES, len(body)
    return body


def peak_mib(gateway: RunningGateway) -> float:
    status = Path(f"/proc/{gateway.processes['gateway'].pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@pytest.fixture(scope="module")
def small(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """The API and one service."""
    with running_gateway(servers, tmp_path_factory.mktemp("memory"), ["stations", "gateway"]) as gateway:
        yield gateway


def test_a_hundred_bodies_of_8_mib_at_once_stay_within_the_stated_memory(small: RunningGateway) -> None:
    body = largest_batch()
    key = small.key_file.read_text().strip()

    def post(_: int) -> int:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        with httpx.Client(timeout=120, verify=NO_TLS) as client:
            try:
                return client.post(f"{small.url}/v1/needs:batch", content=body, headers=headers).status_code
            except httpx.TransportError:
                return 503  # the refusal came while the body was still being sent

    with ThreadPoolExecutor(BODIES) as pool:
        statuses = list(pool.map(post, range(BODIES)))
    assert set(statuses) <= {200, 207, 503}
    assert min(statuses) < 300, "some of them are taken"
    assert peak_mib(small) < MOST_MIB, f"{peak_mib(small):.0f} MiB"
    with small.client() as api:
        assert api.get("/v1/needs").status_code == 200, "and the gateway goes on"


def test_a_batch_larger_than_a_command_is_split_and_every_need_is_answered_in_its_place(small: RunningGateway) -> None:
    body = largest_batch()
    assert len(body) > 20 * MAX_COMMAND_BYTES
    with small.client() as api:
        answer = api.post(
            "/v1/needs:batch", content=body, headers={"Content-Type": "application/json", "Idempotency-Key": "once"}
        )
        assert answer.status_code in {200, 207}, answer.text[:500]
        items = answer.json()["items"]
        assert [item["status"] for item in items] == [404] * 200
        assert {item["error"]["rule"] for item in items} == {"unknown_id"}
