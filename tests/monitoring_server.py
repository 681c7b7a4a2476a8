"""A real Prometheus over the running processes, with our rules, quick enough for a test."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml
from monitoring_files import MONITORING, RULES, program
from ports import free_port
from waiting import until


@dataclass(frozen=True)
class Prometheus:
    """Asks it."""

    url: str

    def query(self, expr: str) -> list[dict[str, Any]]:
        """The present value of the expression."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expr}, timeout=10).json()
        assert answer["status"] == "success", answer
        return list(answer["data"]["result"])

    def number(self, expr: str) -> float | None:
        """The one number that it gives, or None."""
        found = self.query(expr)
        return float(found[0]["value"][1]) if found else None

    def firing(self, alert: str) -> list[dict[str, Any]]:
        """That alert, where it fires."""
        alerts = httpx.get(f"{self.url}/api/v1/alerts", timeout=10).json()["data"]["alerts"]
        return [a for a in alerts if a["labels"]["alertname"] == alert and a["state"] == "firing"]

    def names(self) -> set[str]:
        """Every metric and recorded series that it has seen."""
        return set(httpx.get(f"{self.url}/api/v1/label/__name__/values", timeout=10).json()["data"])


@contextmanager
def prometheus(folder: Path, targets: list[dict[str, Any]]) -> Iterator[Prometheus]:
    """Our configuration, but looked at each second; gone at the end."""
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text("utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(_quick(RULES / name, folder)) for name in ("alerts.yaml", "recording.yaml")]
    (folder / "targets").mkdir()
    (folder / "targets" / "lianshan.json").write_text(json.dumps(targets))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    arguments = [program("prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address={address}"]  # fmt: skip
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(arguments, stdout=log, stderr=log)
    try:
        until(lambda: _ready(f"http://{address}"), "Prometheus is ready")
        yield Prometheus(f"http://{address}")
    finally:
        process.terminate()
        process.wait(20)


def _quick(rules: Path, folder: Path) -> Path:
    written = yaml.safe_load(rules.read_text("utf-8"))
    for group in written["groups"]:
        group["interval"] = "1s"
    (folder / rules.name).write_text(yaml.safe_dump(written))
    return folder / rules.name


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
