"""The readers of docs/agencies.md in Node and Java receive the events of their area, and are refused all else.

`make test-agencies` runs it, with the packages of Node in NODE_FOLDER.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from subprocess import run

import pytest
from agency_operator import Operator
from stacks import Isolated
from subscribers import SECONDS, find_code, read_line

pytestmark = pytest.mark.integration
DISTRICT, HERE, THERE = "110102", "110102009017", "110105001001"
JARS = "/usr/share/java/amqp-client.jar:/usr/share/java/slf4j-api.jar"
NODE_FOLDER = Path(os.environ["NODE_FOLDER"])


@pytest.fixture
def operator(furnished: Isolated) -> Iterator[Operator]:
    made = Operator(furnished)
    yield made
    made.remove_users()


def test_the_reader_in_node_prints_the_events_of_its_area(operator: Operator) -> None:
    url, queue = operator.add("elm", DISTRICT)
    operator.publish(("stations.need.published", THERE), ("stations.need.published", HERE))
    (NODE_FOLDER / "subscriber.mjs").write_text(find_code("js"))
    line = read_line(["node", "subscriber.mjs"], url, queue, NODE_FOLDER)
    assert line.split() == ["/test", "stations.need.published.0", "stations.need.published", HERE]


def test_node_with_an_agencys_address_is_refused_everything_else(operator: Operator) -> None:
    url, queue = operator.add("elm", DISTRICT)
    _, other = operator.add("oak")
    shutil.copy(Path(__file__).with_name("check_refusals.js"), NODE_FOLDER)
    command = ["/usr/bin/env", "node", "check_refusals.js", url, queue, other]
    done = run(command, cwd=NODE_FOLDER, timeout=SECONDS, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"refused": 9}


def test_the_reader_in_java_prints_the_events_of_its_area(operator: Operator, tmp_path: Path) -> None:
    url, queue = operator.add("elm", DISTRICT)
    operator.publish(("stations.need.published", THERE), ("stations.need.published", HERE))
    (tmp_path / "Subscriber.java").write_text(find_code("java"))
    line = read_line(["java", "-cp", JARS, "Subscriber.java"], url, queue, tmp_path)
    assert json.loads(line)["area"] == HERE
