"""Prometheus' own tool takes our rules, configuration and queries, and sees each alert fire when it should."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from monitoring_files import ALERT_CASES, MONITORING, ROOT, RULES, program, queries

pytestmark = pytest.mark.integration


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program("promtool"), *arguments], capture_output=True, text=True, timeout=60, check=False, cwd=ROOT
    )


def test_prometheus_takes_the_rules_and_the_configuration() -> None:
    done = promtool("check", "config", str(MONITORING / "prometheus.yml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_configuration_of_compose_with_the_rules_beside_it(tmp_path: Path) -> None:
    shutil.copy(ROOT / "deploy" / "compose" / "prometheus.yml", tmp_path)
    shutil.copytree(RULES, tmp_path / "rules")
    done = promtool("check", "config", str(tmp_path / "prometheus.yml"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("rules found") == len(list(RULES.glob("*.yaml")))


def test_every_alert_fires_when_it_should_and_is_silent_otherwise() -> None:
    done = promtool("test", "rules", str(ALERT_CASES))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_query_of_a_dashboard_is_one_that_prometheus_understands(tmp_path: Path) -> None:
    checked = [{"record": "checked", "expr": expr, "labels": {"place": place}} for place, expr in queries().items()]
    rules = tmp_path / "queries.yaml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": checked}]}))
    done = promtool("check", "rules", str(rules))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(checked)} rules found" in done.stdout
