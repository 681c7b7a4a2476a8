"""`lianshan targets`: the processes of this stack as Prometheus reads its targets."""

from collections.abc import Iterable
from typing import TypedDict
from urllib.parse import urlsplit

import typer

from deploy.lianshan.cli.options import Var
from deploy.lianshan.cli.output import EXIT_NOT_UP, fail, one_line_errors, out
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.state import ProcessRecord, read_addresses, read_records


class Target(TypedDict):
    """An entry of Prometheus's file_sd_configs: https://prometheus.io/docs/guides/file-sd/."""

    targets: list[str]
    labels: dict[str, str]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(targets)


@one_line_errors
def targets(var: Var = None) -> None:
    """Print the processes of this stack as targets for Prometheus; see deploy/monitoring/README.md."""
    folder = Folder.here(var)
    if read_addresses(folder) is None:
        fail(f"no stack is up in {folder.root}: start one with `lianshan up`, or name another with --var.", EXIT_NOT_UP)
    out.print_json(data=make_targets(read_records(folder)))


def make_targets(processes: Iterable[ProcessRecord]) -> list[Target]:
    """Return a target for each process that shows metrics: the services, not the servers."""
    found: list[Target] = []
    for process in processes:
        if process["ready_url"]:
            url = urlsplit(process["ready_url"])
            labels = {"process": process["name"], "__scheme__": url.scheme}
            found.append({"targets": [url.netloc], "labels": labels})
    return found
