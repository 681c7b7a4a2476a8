"""The measurements, as a table for people and as `var/bench.json` for later comparisons."""

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from tests.performance.rounds import Round, percentile

ANSWERS = ("link", "offer", "ready")


@dataclass(frozen=True)
class Target:
    """A target of the measurement."""

    name: str
    value: float | None
    limit: float
    at_least: bool

    @property
    def met(self) -> bool | None:
        if self.value is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def words(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


def summarise(rounds: Sequence[Round]) -> dict[str, Any]:
    """One peer's numbers: medians over the rounds, latencies over all of them together, the highest memory."""
    peak = {s: max(r.peak_mib[s] for r in rounds) for s in rounds[0].peak_mib}
    summary: dict[str, Any] = {
        "needs_per_s": round(statistics.median(r.needs_per_s for r in rounds), 1),
        "p50_ms": None,
        "p99_ms": None,
        "cpu_s_per_need": round(statistics.median(r.cpu_s_per_need for r in rounds), 6),
        "peak_mib": round(max(peak.values()), 1),
        "rounds_needs_per_s": [round(r.needs_per_s, 1) for r in rounds],
        "server_cpu_s_per_need": {
            server: round(statistics.median(r.server_cpu_s_per_need[server] for r in rounds), 6)
            for server in rounds[0].server_cpu_s_per_need
        },
        "driver_cpu_s_per_need": round(statistics.median(r.driver_cpu_s_per_need for r in rounds), 6),
        "total_cpu_s_per_need": round(statistics.median(map(_total_cpu, rounds)), 6),
        "rounds_others_cpu": [round(r.others_cpu, 2) for r in rounds],
        "process_peak_mib": {service: round(mib, 1) for service, mib in peak.items()},
    }
    for what in ANSWERS:
        sample = [ms for r in rounds for ms in r.latencies_ms.get(what, ())]
        for percent in (50, 99):
            value = round(percentile(sample, percent), 2) if len(sample) > 1 else None
            summary[f"{'' if what == 'ready' else f'first_{what}_'}p{percent}_ms"] = value
    return summary


def _total_cpu(found: Round) -> float:
    """The whole cost of a need: where the machine's cores are the limit, needs/s is their number over this."""
    return found.cpu_s_per_need + sum(found.server_cpu_s_per_need.values()) + found.driver_cpu_s_per_need


def document(peers: Mapping[str, dict[str, Any]], long_run: dict[str, Any], seconds: float) -> dict[str, Any]:
    """All of `var/bench.json`."""
    return {
        "peers": dict(peers),
        "ratios": {f"vs_{name}": _ratio(peers, name, "needs_per_s") for name in peers if name != "ours"},
        "latency": {
            f"{key}_vs_stock_nameko": _ratio(peers, "stock_nameko", f"{key}_ms")
            for key in ("p99", "first_link_p99", "first_offer_p99")
        },
        "memory": long_run.get("memory", {}),
        "stored": long_run.get("stored", {}),
        "replicas": long_run.get("replicas", {}),
        "over_http": long_run.get("over_http", {}),
        "machine": machine(),
        "seconds": round(seconds),
    }


def targets(bench: dict[str, Any]) -> list[Target]:
    """The project's targets, beside the results of this run."""
    ratios, latency = bench["ratios"], bench["latency"]
    return [
        Target("needs/s, ours ÷ stock nameko", ratios.get("vs_stock_nameko"), 8.0, at_least=True),
        Target("needs/s, ours ÷ floor", ratios.get("vs_floor"), 0.6, at_least=True),
        Target("p99 to ready at 20/s, ours ÷ stock nameko", latency.get("p99_vs_stock_nameko"), 2.0, at_least=False),
        Target("memory after 100,000 needs ÷ after 20,000", bench["memory"].get("growth"), 1.03, at_least=False),
        Target("needs/s with full stores ÷ with empty ones", bench["stored"].get("ratio"), 0.8, at_least=True),
        Target("needs/s, two of the busiest ÷ one", bench["replicas"].get("ratio"), 0.9, at_least=True),
        Target("batches that conflict, two of the busiest", bench["replicas"].get("conflicts"), 0.02, at_least=False),
        *targets_over_http(bench["over_http"]),
    ]


def targets_over_http(found: Mapping[str, Any]) -> list[Target]:
    """The targets of the platform as callers over HTTP meet it; absolute ones are for the machine of the baseline."""
    return [
        Target(
            "drafts/s over HTTP to the commit ÷ stock nameko doing nothing",
            found.get("vs_stock_nameko"),
            1.2,
            at_least=True,
        ),
        Target("p99 of drafts to the commit, 64 callers, ms", found.get("drafts_p99_ms"), 250, at_least=False),
        Target("drafts/s in batches ÷ by single calls", found.get("bulk_vs_singles"), 3, at_least=True),
        Target("published needs/s over HTTP, 64 callers", found.get("published_per_s"), 270, at_least=True),
        Target("CPU a need over HTTP at 20/s, ms", found.get("cpu_ms_per_need"), 44, at_least=False),
        Target("p99 event → webhook at 200/s, ms", found.get("webhook_p99_ms"), 500, at_least=False),
        Target("100,000 rows of residents from a CSV file, s", _residents(found).get("seconds"), 60, at_least=False),
        Target("gateway with 1,000 streams, MiB", found.get("gateway_mib_with_streams"), 300, at_least=False),
    ]


def _residents(found: Mapping[str, Any]) -> Mapping[str, Any]:
    imports: Mapping[str, Mapping[str, Any]] = found.get("imports", {})
    return imports.get("residents", {})


def show(bench: dict[str, Any], console: Console) -> None:
    """Print it."""
    console.print(_peers_table(bench["peers"]))
    console.print(_latency_table(bench["peers"]))
    console.print(_targets_table(bench))
    if memory := bench["memory"]:
        for done, mib in memory["rss_mib"].items():
            console.print(f"resident after {int(done):,} needs: {_each(mib)} MiB")
    if stored := bench["stored"]:
        empty, full = (
            " ".join(f"{r:,.0f}" for r in stored[key]) for key in ("needs_per_s_empty", "needs_per_s_stored")
        )
        console.print(f"needs/s with empty stores {empty}, with full ones {full}")


def _each(mib: Mapping[str, float]) -> str:
    return ", ".join(f"{service} {value:.0f}" for service, value in mib.items())


def write(bench: dict[str, Any], path: Path) -> None:
    """Keep it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(bench, indent=2) + "\n")


def machine() -> dict[str, Any]:
    """Where it was measured, and how busy that was."""
    return {
        "cpus": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "load_average_at_end": [round(x, 2) for x in os.getloadavg()],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _ratio(peers: Mapping[str, dict[str, Any]], other: str, key: str) -> float | None:
    ours, theirs = peers.get("ours", {}).get(key), peers.get(other, {}).get(key)
    return round(ours / theirs, 3) if ours and theirs else None


def _peers_table(peers: Mapping[str, dict[str, Any]]) -> Table:
    table = Table(title="Published → both answers applied; CPU in ms a need", title_justify="left")
    for column in ("peer", "needs/s", "rounds", "services", "RabbitMQ", "mongod", "all", "peak MiB"):
        table.add_column(column, justify="left" if column == "peer" else "right")
    for name, peer in peers.items():
        servers = peer["server_cpu_s_per_need"]
        table.add_row(
            name,
            f"{peer['needs_per_s']:,.0f}",
            " ".join(f"{r:,.0f}" for r in peer["rounds_needs_per_s"]),
            f"{peer['cpu_s_per_need'] * 1000:.2f}",
            *(f"{servers[s] * 1000:.2f}" if s in servers else "–" for s in ("rabbitmq", "mongod")),
            f"{peer['total_cpu_s_per_need'] * 1000:.2f}",
            "/".join(f"{mib:.0f}" for mib in peer["process_peak_mib"].values()),
        )
    return table


def _latency_table(peers: Mapping[str, dict[str, Any]]) -> Table:
    table = Table(title="Milliseconds from publication at 20 needs/s, p50 / p99", title_justify="left")
    for column in ("peer", "first link", "first offer", "ready"):
        table.add_column(column, justify="left" if column == "peer" else "right")
    for name, peer in peers.items():
        cells = [(peer[f"{key}p50_ms"], peer[f"{key}p99_ms"]) for key in ("first_link_", "first_offer_", "")]
        table.add_row(name, *(f"{a:.1f} / {b:.1f}" if a is not None else "–" for a, b in cells))
    return table


def _targets_table(bench: dict[str, Any]) -> Table:
    table = Table(title="Targets", title_justify="left")
    for column in ("what", "measured", "target", ""):
        table.add_column(column)
    for target in targets(bench):
        value = "not measured" if target.value is None else f"{target.value:.2f}"
        mark = {True: "[green]met[/green]", False: "[red]missed[/red]", None: "–"}[target.met]
        table.add_row(target.name, value, target.words(), mark)
    return table
