"""`lianshan targets`: who is to be scraped, as Prometheus reads it."""

from typing import Any
from urllib.parse import urlsplit

import typer

from deploy.lianshan.cli.common import EXIT_NOT_UP, Var, fail, out, plainly
from deploy.lianshan.local.folder import Folder, read_json
from deploy.lianshan.local.stack import is_up


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(targets)


@plainly
def targets(var: Var = None) -> None:
    """Print the processes of this stack as targets for Prometheus; see deploy/monitoring/README.md."""
    folder = Folder.here(var)
    if not is_up(folder):
        fail(f"no stack is up in {folder.root}: start one with `lianshan up`, or name another with --var.", EXIT_NOT_UP)
    out.print_json(data=scraped((read_json(folder.status_file) or {}).get("processes", [])))


def scraped(processes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A target for each process that shows its numbers."""
    found = []
    for process in processes:
        if process["ready_url"]:
            url = urlsplit(process["ready_url"])
            labels = {"process": process["name"], "__scheme__": url.scheme}
            found.append({"targets": [url.netloc], "labels": labels})
    return found
