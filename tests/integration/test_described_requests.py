"""Requests made of the description of the API, good and bad: every answer is one that the description allows.

schemathesis makes them: the examples, each bound of each field and parameter from both sides, fields of other types,
missing headers and bodies, other methods; then chains of requests along the links of answers, in which the id of a
new thing stands in the paths of others; with EXAMPLES=20 also that many drawn requests for each operation (`make
fuzz-api`). It finds faults of the service (5xx), answers whose status, content type, headers or fields are not
described, bad requests that are taken, and good ones that are refused for another rule than those of
described_rules.py.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from gateway_stack import EVERYONE, RunningGateway, created, import_areas, need, running_gateway, station, volunteer
from stacks import Servers
from webhook_town import SETTINGS as WEBHOOKS

from shared.runtime.webhook_signatures import new_secret

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(1800)]
EXAMPLES: Final = int(os.environ.get("EXAMPLES", "0"))
CHAINS: Final = 2
"""Drawn for each link in `make test-long`."""
SECRET: Final = new_secret(bytes(32))
"""Reports about notices are answered by their signature, which no request made of the description has."""
PROGRAM: Final = Path(sys.executable).with_name("schemathesis")
SEED: Final = os.environ.get("SEED", "0")
CONFIG: Final = """
[checks]
# In its place stands that of described_rules.py, which lists the rules for which a good form is refused.
positive_data_acceptance.enabled = false

[[operations]]
include-path = "/v1/events/stream"
enabled = false  # it has no end
"""
MOST_TOLD: Final = 40_000
"""Characters of its errors and failures that a failed test shows."""
SHORT: Final = """
[phases.coverage]
unexpected-methods = ["patch", "trace"]  # each is answered by one route for all

[[operations]]
include-path-regex = "^/v1/(breaches|checks|erasures|inactivities|payments)"
enabled = false  # their paths come of one declaration, as those of stations and organisations do
"""
"""For a minute of `make test-long`; `make fuzz-api` tries them, too."""


@pytest.fixture
def undisturbed(servers: Servers, tmp_path: Path) -> Iterator[RunningGateway]:
    """A gateway of its own: requests made from a description alone change anything."""
    with (
        running_gateway(servers, tmp_path, EVERYONE, notice_report_secret=SECRET, **WEBHOOKS) as running,
        running.client() as admin,
    ):
        import_areas(admin)
        created(admin, "/v1/needs", need(station(admin)))
        created(admin, "/v1/volunteers", volunteer())
        yield running


def test_every_answer_is_one_that_the_description_allows(undisturbed: RunningGateway, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG if EXAMPLES else CONFIG + SHORT)
    phases = "examples,coverage,fuzzing,stateful" if EXAMPLES else "examples,coverage,stateful"
    command = [
        *(PROGRAM, "--config-file", config, "run", f"{undisturbed.url}/openapi.json", "--no-color"),
        *("--header", f"Authorization: Bearer {undisturbed.key_file.read_text().strip()}", "--tls-verify", "false"),
        # One after another: of two changes of one webhook at once, one is answered 503 and has to be tried again.
        *("--seed", SEED, "--request-timeout", "20", "--workers", "2"),
        *("--phases", phases, "--max-examples", str(EXAMPLES or CHAINS)),
    ]
    hooks = {"SCHEMATHESIS_HOOKS": "described_rules", "PYTHONPATH": str(Path(__file__).parent)}
    environment = {**os.environ, **hooks}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    found = re.search("=+ (ERRORS|FAILURES) =+", done.stdout)
    told = done.stdout[found.start() : found.start() + MOST_TOLD] if found else ""
    assert done.returncode == 0, told + done.stdout[-500:] + done.stderr[-500:]
