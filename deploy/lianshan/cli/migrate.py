"""`lianshan migrate`: bring the stored documents to the form of this release, while the services run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from deploy.lianshan.cli.connections import find_mongo_uri, find_vault, open_platform
from deploy.lianshan.cli.options import AsJson, Var
from deploy.lianshan.cli.output import Line, fail, one_line_errors, out, print_table, show_progress

if TYPE_CHECKING:
    from deploy.lianshan.stores import Stores
    from shared.engine.store.migration import Pending

MigrationRow = TypedDict(
    "MigrationRow",
    {
        "service": str, "collection": str, "from": int, "version": int, "documents": int, "builds": list[str],
        "drops": list[str], "shuts_out_older": bool, "why": list[str],
    },
)  # fmt: skip
"""A migration as `--json` prints it; `documents` are those to change, or changed."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


@one_line_errors
def migrate(
    service: Annotated[str | None, typer.Argument(help="Only this service's store.")] = None,
    *,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show the migrations that are pending, and change nothing.")
    ] = False,
    batch: Annotated[int, typer.Option(min=1, max=5000, help="Documents that are changed at once.")] = 500,
    rest: Annotated[float, typer.Option(min=0, max=60, help="Seconds of rest after each batch.")] = 0.0,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Bring the stored documents to the form of this release, while the services run.

    Stopped, it goes on where it was. Run it when every replica is of this release, or of the one before where --plan
    names no replica that is shut out.
    """
    from deploy.lianshan.declarations import DECLARATIONS  # noqa: PLC0415 - slow to import
    from shared.engine.store.collections import IndexConflictError  # noqa: PLC0415
    from shared.engine.store.migration import MigrationError  # noqa: PLC0415
    from shared.engine.store.schema_registry import StoreTooNewError  # noqa: PLC0415

    if service is not None and service not in DECLARATIONS:
        fail(f"{service} is no service with a store; one of {', '.join(DECLARATIONS)}.")
    services = list(DECLARATIONS) if service is None else [service]
    try:
        with open_platform(find_mongo_uri(var)) as stores:
            done = _migrate(stores, services, plan=plan, batch=batch, rest=rest, var=var)
    except (StoreTooNewError, MigrationError, IndexConflictError) as error:
        fail(str(error))
    if as_json:
        out.print_json(data=done)
    else:
        _print_migrations(done, plan=plan)


def _migrate(
    stores: "Stores", services: list[str], *, plan: bool, batch: int, rest: float, var: Path | None
) -> list[MigrationRow]:
    from deploy.lianshan.migrations import MARKS, find_pending  # noqa: PLC0415 - slow to import
    from shared.engine.store.migration import count  # noqa: PLC0415
    from shared.engine.store.sealing import SEALING  # noqa: PLC0415

    done = []
    for pending in find_pending(stores, services, thorough=True):
        documents = count(stores.of(pending.service), pending)
        if pending.collection == SEALING:
            documents = _seal(stores, pending.service, plan=plan, batch=batch, rest=rest, var=var)
        elif pending.collection == MARKS:
            documents = _mark(stores, pending.service, plan=plan, batch=batch, rest=rest, var=var)
        elif not plan:
            documents = _run(stores, pending, documents, batch=batch, rest=rest)
        done.append(_make_row(pending, documents))
    return done


def _seal(stores: "Stores", service: str, *, plan: bool, batch: int, rest: float, var: Path | None) -> int:
    from deploy.lianshan.declarations import DECLARATIONS  # noqa: PLC0415 - slow to import
    from deploy.lianshan.migrations import seal_store  # noqa: PLC0415
    from shared.people.resealing import Resealing  # noqa: PLC0415

    vault, store = find_vault(var), stores.of(service)
    total = Resealing(store, vault.of(service), DECLARATIONS[service].sealed).count()
    if plan:
        return total
    with show_progress(f"{service}.sealing", total) as advance:
        report = seal_store(store, service, vault, batch=batch, rest=rest, tell=lambda done: advance(done, total))
    if report.unreadable:
        fail(
            f"{report.changed} documents of {service} were sealed again, and these cannot be opened with the key ring "
            f"at hand: {', '.join(report.unreadable)}. Name the key that they were sealed with by LIANSHAN_DATA_KEY, "
            "or restore them from a backup."
        )
    return report.changed


def _mark(stores: "Stores", service: str, *, plan: bool, batch: int, rest: float, var: Path | None) -> int:
    from deploy.lianshan.migrations import count_unmarked, mark_people  # noqa: PLC0415 - slow to import

    vault, store = find_vault(var), stores.of(service)
    total = count_unmarked(store, service, vault)
    if plan:
        return total
    with show_progress(f"{service}.marks", total) as advance:
        report = mark_people(store, service, vault, batch=batch, rest=rest, tell=lambda done: advance(done, total))
    if report.unreadable:
        fail(
            f"{report.changed} people of {service} can be found now, and the data of these cannot be opened with the "
            f"key ring at hand: {', '.join(report.unreadable)}. Name the key that it was sealed with by "
            "LIANSHAN_DATA_KEY, or restore it from a backup."
        )
    return report.changed


def _run(stores: "Stores", pending: "Pending", documents: int, *, batch: int, rest: float) -> int:
    from deploy.lianshan.declarations import DECLARATIONS  # noqa: PLC0415 - slow to import
    from shared.engine.store.migration import Migration  # noqa: PLC0415

    total = pending.done + documents
    with show_progress(f"{pending.service}.{pending.collection}", total, pending.done) as advance:
        migration = Migration(
            stores.of(pending.service), pending, batch=batch, rest=rest, tell=lambda done: advance(done, total)
        )
        return migration.run(DECLARATIONS[pending.service].indexes.get(pending.collection, ()))


def _make_row(pending: "Pending", documents: int) -> MigrationRow:
    return {
        "service": pending.service,
        "collection": pending.collection,
        "from": pending.complete,
        "version": pending.schema.version,
        "documents": documents,
        "builds": list(pending.builds),
        "drops": list(pending.drops),
        "shuts_out_older": pending.shuts_out,
        "why": pending.why,
    }


def _print_migrations(done: list[MigrationRow], *, plan: bool) -> None:
    if not done:
        out.print("nothing to migrate: every collection has the form of this release")
        return
    lines = []
    for row in done:
        indexes = ", ".join([*(f"+{name}" for name in row["builds"]), *(f"-{name}" for name in row["drops"])])
        version = f"{row['from']} → {row['version']}" if row["from"] != row["version"] else str(row["version"])
        lines.append(Line((f"{row['service']}.{row['collection']}", version, row["documents"], indexes)))
    print_table(["collection", "version", "documents to change" if plan else "documents changed", "indexes"], lines)
    for row in done:
        for why in row["why"]:
            out.print(f"{row['service']}.{row['collection']}: {why}", markup=False)
        if plan and row["shuts_out_older"]:
            out.print(
                f"{row['service']}.{row['collection']}: replicas of an older release cannot work with it: "
                "replace them all before you migrate",
            )
