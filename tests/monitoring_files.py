"""The alert rules and dashboards as tests read them, and where promtool and prometheus are."""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
MONITORING = ROOT / "deploy" / "monitoring"
RULES = MONITORING / "rules"
ALERT_CASES = ROOT / "tests" / "unit" / "monitoring" / "alerts_test.yaml"
"""When each alert is to fire and when to be silent; promtool plays them."""
EXPORTERS = ("rabbitmq_", "mongodb_", "node_")
"""How the metrics begin that are not ours, but of exporters."""


def program(name: str) -> str:
    """promtool or prometheus; the test is skipped where there is none."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not here: deploy/monitoring/get-prometheus.sh fetches it on Debian and Ubuntu")
    return found


def rules(file: str) -> list[dict[str, Any]]:
    """The rules of a file, of all groups."""
    groups = yaml.load((RULES / file).read_text(encoding="utf-8"), yaml.CSafeLoader)["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboards() -> dict[str, dict[str, Any]]:
    """The committed dashboards by file name."""
    return {
        file.name: json.loads(file.read_text("utf-8"))
        for file in (ROOT / "deploy/monitoring/dashboards").glob("*.json")
    }


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """Those that draw something."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def plain(expr: str) -> str:
    """A panel's query with Grafana's variables filled in."""
    return expr.replace("$__rate_interval", "5m").replace("$service", ".+")


def queries() -> dict[str, str]:
    """Every query of every panel, by where it stands."""
    return {
        f"{name} / {panel['title']} / {target['refId']}": plain(target["expr"])
        for name, dashboard in dashboards().items()
        for panel in panels(dashboard)
        for target in panel["targets"]
    }


def metrics_in(expr: str) -> set[str]:
    """The names of metrics and recorded series in it; text in quotes, braces and windows is none."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(by|on|without|group_right|group_left)\s*\([^)]*\)', " ", expr)
    return {name for name in re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*", bare) if "_" in name and name not in _FUNCTIONS}


_FUNCTIONS = {"histogram_quantile", "max_over_time", "min_over_time"}
