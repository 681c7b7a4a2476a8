"""`lianshan keys` on a running stack: the ring is rotated while people are registered and read, without a restart."""

import json
import subprocess
from pathlib import Path

import httpx
import pytest
from lianshan_command import lianshan as run_lianshan
from pymongo import MongoClient
from stacks import RunningStack
from waiting import eventually

from shared.runtime.keyring import parse_ring

pytestmark = pytest.mark.integration

PERSON = {
    "name": "Hua Invented", "phone": "13700001111", "area": "110102009017", "location": {"lon": 116.35, "lat": 39.93},
}  # fmt: skip


def keys(stack: RunningStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_lianshan(stack.environment, "keys", *arguments)


def register(api: httpx.Client) -> str:
    answer = api.post("/v1/volunteers", json=PERSON)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def read(api: httpx.Client, volunteer: str) -> str:
    def shown() -> str:
        answer = api.get(f"/v1/volunteers/{volunteer}")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["name"])

    return eventually(shown)


def test_the_ring_is_rotated_while_the_stack_runs(stack: RunningStack) -> None:
    processes = stack.folder.status_file.read_text()
    before = parse_ring(Path(stack.folder.data_key_file).read_text())
    with stack.client() as api:
        first = register(api)
        done = keys(stack, "rotate", "--settle", "2", "--json")
        assert done.returncode == 0, done.stderr
        rotated = json.loads(done.stdout)
        assert rotated["retired"] == list(before.ids)
        assert rotated["documents"] >= 1
        second = register(api)
        assert (read(api, first), read(api, second)) == ("Hua Invented", "Hua Invented")
    after = parse_ring(Path(stack.folder.data_key_file).read_text())
    assert after.ids == (rotated["seals"],)
    assert stack.folder.status_file.read_text() == processes
    with MongoClient(stack.addresses["mongo_uri"]) as client:
        rows = list(client["volunteering"]["data_keys"].find({"_id": {"$in": [f"person:{first}", f"person:{second}"]}}))
    assert {row["ring"] for row in rows} == {rotated["seals"]}
    shown = keys(stack, "list")
    assert f"volunteering: 0 documents to seal again with {rotated['seals']}" in shown.stdout


def test_a_key_in_the_environment_is_not_rotated(stack: RunningStack) -> None:
    ring = Path(stack.folder.data_key_file).read_text().strip()
    refused = run_lianshan({**stack.environment, "LIANSHAN_DATA_KEY": ring}, "keys", "rotate")
    assert refused.returncode == 1
    assert "LIANSHAN_DATA_KEY_FILE" in refused.stderr
    assert ring not in refused.stderr
