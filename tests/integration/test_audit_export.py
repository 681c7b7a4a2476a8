"""An auditor takes the audit home as a file, and verifies it there."""

import csv
import json
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from gateway_stack import AREA, STREET, RunningGateway, created, need, station, until, volunteer

from shared.blocks import build_block
from shared.engine.store.audit_blocks import AuditBlocks
from shared.runtime.clock import machine_now

pytestmark = pytest.mark.integration
VERIFIER: Final = Path(__file__).parents[2] / "docs/examples/verify_audit.py"


def lines_of(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def close_blocks(gateway: RunningGateway) -> dict[str, str]:
    """List the rows of each service in a block at once, as the services do within minutes; gives the heads."""
    heads = {}
    for service in ("gateway", "stations"):
        with gateway.database(service) as database:
            blocks, later = AuditBlocks(database, service), machine_now() + timedelta(days=1)
            while entries := blocks.find_ripe(head := blocks.find_head(), later):
                blocks.append(build_block(blocks.chain, head, entries, machine_now()))
            assert head is not None
            heads[service] = head.hash
    return heads


def test_an_export_is_verified_without_the_platform_and_is_itself_on_record(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    with gateway.client() as admin, gateway.client(gateway.key("auditor", principal="p_exports")) as auditor:
        needs = [created(admin, "/v1/needs", need(station(admin))) for _ in range(3)]
        created(admin, "/v1/volunteers", volunteer())
        created(admin, "/v1/donors", {"name": "Lin Example"})
        until(lambda: auditor.get("/v1/audit", params={"subject": needs[-1]}).json()["items"], "the row of the last")
        heads = close_blocks(gateway)
        answer = auditor.get("/v1/audit/export")
        found = lines_of(answer)
        rows = [each for each in found if each["line"] == "row"]
        assert found[-1] == {"line": "end", "rows": len(rows)}
        assert {row["service"] for row in rows} == {"gateway", "stations", "charity", "volunteering"}
        (mine,) = (row for row in rows if row["what"] == "RegisterNeed" and needs[-1] in row["about"])
        assert mine["proof"] is not None
        file = tmp_path / "audit.ndjson"
        file.write_text(answer.text)
        published = [f"{service}={head}" for service, head in heads.items()]
        done = subprocess.run([sys.executable, VERIFIER, file, *published], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        file.write_text(answer.text.replace(f'"what":"{mine["what"]}"', '"what":"CancelNeed"'))
        assert subprocess.run([sys.executable, VERIFIER, file], check=False, capture_output=True).returncode == 1
        (row,) = (
            each for each in auditor.get("/v1/audit", params={"actor": "p_exports"}).json()["items"]
            if each["what"] == "ExportAudit"
        )  # fmt: skip
        assert row["why"].startswith("GET /v1/audit/export")


def test_an_export_narrows_as_the_list_does_and_is_a_table_where_asked(gateway: RunningGateway) -> None:
    with gateway.client() as admin:
        need_id = created(admin, "/v1/needs", need(station(admin)))
        until(lambda: admin.get("/v1/audit", params={"subject": need_id}).json()["items"], "the row")
        found = lines_of(admin.get("/v1/audit/export", params={"subject": need_id}))
        (row,) = (each for each in found if each["line"] == "row" and each["what"] == "RegisterNeed")
        assert all(need_id in each["about"] for each in found if each["line"] == "row")
        answer = admin.get("/v1/audit/export", params={"subject": need_id, "form": "csv"})
        assert answer.headers["content-type"].startswith("text/csv")
        table = {each["id"]: each for each in csv.DictReader(StringIO(answer.text))}
        listed = table[row["id"]]
        assert (listed["service"], listed["what"], listed["areas"]) == ("stations", "RegisterNeed", AREA)
        assert lines_of(admin.get("/v1/audit/export", params={"actor": "principal_of_nobody"})) == [
            {"line": "end", "rows": 0}
        ]


def test_an_auditor_of_a_street_exports_that_street_alone_and_others_nothing(gateway: RunningGateway) -> None:
    with (
        gateway.client(gateway.key("auditor", area=STREET)) as auditor,
        gateway.client(gateway.key("reader")) as reader,
    ):
        assert reader.get("/v1/audit/export").status_code == 403
        assert auditor.get("/v1/audit/export", params={"area": "110105"}).status_code == 403
        found = lines_of(auditor.get("/v1/audit/export"))
        rows = [each for each in found if each["line"] == "row"]
        assert rows
        assert all(area.startswith(STREET) for row in rows for area in row["areas"])
        assert not any(row["stored"] or row["proof"] for row in rows)
        assert not [each for each in found if each["line"] == "block"]
