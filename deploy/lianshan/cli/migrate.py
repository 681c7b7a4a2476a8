"""`lianshan migrate`: bring what is stored to the form of this release, while the services run."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from deploy.lianshan.cli.common import AsJson, Var, database_prefix, err, fail, mongo_client, need, out, plainly, where

if TYPE_CHECKING:
    from shared.engine.store.migration import Pending


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


@plainly
def migrate(
    service: Annotated[str | None, typer.Argument(help="Only this service's store.")] = None,
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Say what there is to do, and do nothing.")] = False,
    batch: Annotated[int, typer.Option(min=1, max=5000, help="Documents that are changed at once.")] = 500,
    rest: Annotated[float, typer.Option(min=0, max=60, help="Seconds of rest after each batch.")] = 0.0,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Bring what is stored to the form of this release, while the services run. Stopped, it goes on where it was.

    Run it when every replica is of this release, or of the one before where --plan names nobody that is shut out.
    """
    from deploy.lianshan.migrations import PLANS  # noqa: PLC0415 - slow to import
    from shared.engine.store.collections import IndexConflictError  # noqa: PLC0415
    from shared.engine.store.migration import MigrationError  # noqa: PLC0415
    from shared.engine.store.schema_registry import StoreTooNewError  # noqa: PLC0415

    if service is not None and service not in PLANS:
        fail(f"{service} is no service with a store; one of {', '.join(PLANS)}.")
    uri = need(where(var).mongo_uri, "LIANSHAN_MONGO_URI")
    services = list(PLANS) if service is None else [service]
    try:
        with mongo_client(uri) as client:
            done = _work(client, services, plan=plan, batch=batch, rest=rest)
    except (StoreTooNewError, MigrationError, IndexConflictError) as error:
        fail(str(error))
    if as_json:
        out.print_json(data=done)
    else:
        _show(done, plan=plan)


def _work(client: Any, services: list[str], *, plan: bool, batch: int, rest: float) -> list[dict[str, Any]]:
    from deploy.lianshan.migrations import store, to_do  # noqa: PLC0415 - slow to import
    from shared.engine.store.migration import count  # noqa: PLC0415

    done = []
    for what in to_do(client, database_prefix(), services, thorough=True):
        database = store(client, database_prefix(), what.service)
        documents = count(database, what)
        if not plan:
            documents = _run(database, what, documents, batch=batch, rest=rest)
        done.append(_told(what, documents))
    return done


def _run(database: Any, what: "Pending", documents: int, *, batch: int, rest: float) -> int:
    from deploy.lianshan.migrations import PLANS  # noqa: PLC0415 - slow to import
    from shared.engine.store.migration import Migration  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(f"{what.service}.{what.collection}", total=what.done + documents, completed=what.done)
        migration = Migration(
            database, what, batch=batch, rest=rest, tell=lambda so_far: bar.update(task, completed=so_far)
        )
        return migration.run(PLANS[what.service].indexes.get(what.collection, ()))


def _told(what: "Pending", documents: int) -> dict[str, Any]:
    return {
        "service": what.service,
        "collection": what.collection,
        "from": what.complete,
        "version": what.schema.version,
        "documents": documents,
        "builds": list(what.builds),
        "drops": list(what.drops),
        "shuts_out_older": what.shuts_out,
        "why": what.why,
    }


def _show(done: list[dict[str, Any]], *, plan: bool) -> None:
    if not done:
        out.print("nothing to migrate: every collection has the form of this release")
        return
    columns = ("collection", "version", "documents to change" if plan else "documents changed", "indexes")
    table = Table(*columns, box=None, pad_edge=False)
    for row in done:
        indexes = ", ".join([*(f"+{name}" for name in row["builds"]), *(f"-{name}" for name in row["drops"])])
        version = f"{row['from']} → {row['version']}" if row["from"] != row["version"] else str(row["version"])
        table.add_row(f"{row['service']}.{row['collection']}", version, str(row["documents"]), indexes)
    out.print(table)
    for row in done:
        for why in row["why"]:
            out.print(f"{row['service']}.{row['collection']}: {why}", markup=False, soft_wrap=True)
        if plan and row["shuts_out_older"]:
            out.print(
                f"{row['service']}.{row['collection']}: replicas of an older release cannot work with it: "
                "replace them all before you migrate",
                soft_wrap=True,
            )
