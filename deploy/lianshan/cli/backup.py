"""`lianshan backup` and `lianshan restore`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deploy.lianshan.cli.backup_report import NO_LATER_ERASURE, print_backup, print_restore
from deploy.lianshan.cli.connections import CommandSettings, database_prefix, find_amqp_uri, find_mongo_uri
from deploy.lianshan.cli.erasures import ReadJournal, WrittenJournal, export_journal, find_journal, journal_file_of
from deploy.lianshan.cli.options import AsJson, Var
from deploy.lianshan.cli.output import Advance, err, fail, one_line_errors, out, show_progress
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.stack import Options
from shared.runtime.clock import machine_now
from shared.runtime.settings import load

if TYPE_CHECKING:
    from deploy.lianshan.backup import AgencyQueue

KEEP_FREE: Final = 1024**3
"""Bytes; RabbitMQ stops taking messages when its disk has less than 512 MB free."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)


@one_line_errors
def backup(  # noqa: PLR0917 - a command has the options that it has
    target: Annotated[
        Path,
        typer.Argument(
            metavar="[DIR|FILE]",
            help="The new file, its name with an extension; any other name is a folder, made where it is missing.",
        ),
    ] = Path(),
    keys: Annotated[
        Path | None, typer.Option(help="The file for the keys that it is read with; by default beside it.")
    ] = None,
    no_keys: Annotated[bool, typer.Option("--no-keys", help="Write no keys: you keep them elsewhere already.")] = False,
    journal: WrittenJournal = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete backups older than LIANSHAN_BACKUP_DAYS, with their keys.")
    ] = False,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Back up the whole platform as it is now, while the services go on.

    The keys that its personal data is read with go to a file of their own: keep the two apart. Users of the servers are
    not in it, nor are messages in queues of agencies: the output names the steps that follow a restore.
    """
    from deploy.lianshan.backup import (  # noqa: PLC0415 - slow to import
        BackupFailedError,
        Keys,
        delete_backups,
        find_old,
        keys_file_of,
        make_backup,
        note_backup,
        save_keys,
    )

    folder = Folder.here(var)
    mongo_uri, amqp_uri, path = find_mongo_uri(var), find_amqp_uri(var), _choose_file(target)
    keys_file = keys or keys_file_of(path)
    keep_free = _find_keep_free(path, folder)
    try:
        with show_progress("documents") as advance:
            made = make_backup(
                path, mongo_uri, database_prefix(), amqp_uri, agencies=_find_agencies(folder, amqp_uri),
                keep_free=keep_free, progress=advance,
            )  # fmt: skip
        known = Keys.of_stack(folder)  # after the dump: a rotation may have added a key meanwhile
        saved = not no_keys and bool(known.data_key)
        if saved:
            save_keys(known, keys_file)
    except BackupFailedError as error:
        fail(f"no backup was made: {error}.")
    written = export_journal(mongo_uri, journal or journal_file_of(path))
    note_backup(folder, path)
    days = load(CommandSettings).backup_days
    old = find_old(folder, path.parent, machine_now(), days)
    if prune:
        delete_backups(old)
    if as_json:
        out.print_json(
            data={
                **made.to_json(),
                "keys": str(keys_file) if saved else None,
                "journal": str(written),
                **_list_old(old, prune),
            }
        )
    else:
        print_backup(made, known, keys_file if saved else None, written)
        for one in old:
            done = "deleted" if prune else "delete it with its keys, or back up with --prune"
            out.print(
                f"{one} is older than {days} days, and may hold persons who were erased since: {done}.", markup=False
            )


@one_line_errors
def restore(  # noqa: PLR0917 - as above
    file: Annotated[Path, typer.Argument(help="A file that `lianshan backup` wrote.")],
    keys: Annotated[
        Path | None, typer.Option(help="The keys written with it; by default looked for beside it, then in the stack.")
    ] = None,
    journal: ReadJournal = None,
    nobody_erased: Annotated[
        bool, typer.Option("--nobody-erased", help="There is no journal of erasures: nobody was ever erased here.")
    ] = False,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty stack that does not run, let the messages under way arrive, and check the laws.

    With LIANSHAN_AMQP_URI and LIANSHAN_MONGO_URI: into servers of your own, whose services you start afterwards.
    """
    from deploy.lianshan.backup import (  # noqa: PLC0415 - slow to import
        BadBackupError,
        Reader,
        RestoreFailedError,
        check_before_start,
        find_keys,
        restore_stack,
    )

    folder, options = Folder.here(var), Options.from_environment({})
    if file.is_dir():
        found_there = sorted(file.glob("*.backup"))
        newest = f", like {found_there[-1]}" if found_there else ""
        fail(f"{file} is a folder: name one backup{newest}.")
    try:
        with Reader(file) as opened:
            manifest = opened.manifest
            found = find_keys(manifest.data_keys, file, keys, folder)
            entries = find_journal(file, manifest.journal.number, journal, nobody_erased=nobody_erased)
            check_before_start(folder, options, opened, entries)
            # The whole file first: a damaged part must not be found when half of it is restored.
            with show_progress("bytes checked") as advance:
                opened.verify(_sum_up(advance, sum(part.size for part in manifest.parts)))
            with show_progress("documents") as advance:
                restored = restore_stack(
                    folder, options, opened, found, prefix=database_prefix(), journal=entries,
                    report=_report_step, progress=_sum_up(advance, manifest.documents),
                )  # fmt: skip
    except (BadBackupError, RestoreFailedError) as error:
        fail(str(error))
    if as_json:
        out.print_json(data=restored.to_json())
    else:
        print_restore(restored, folder, var)
        if restored.restored.erasures == manifest.journal.number and not nobody_erased:
            out.print(NO_LATER_ERASURE)
    raise typer.Exit(1 if restored.left or restored.breaches else 0)


def _list_old(old: Sequence[Path], pruned: bool) -> dict[str, list[str]]:
    names = list(map(str, old))
    return {"pruned": names if pruned else [], "too_old": [] if pruned else names}


def _report_step(line: str) -> None:
    err.print(f"  {line}")


def _choose_file(target: Path) -> Path:
    """Return the new file's path. A name without an extension is a folder, which is made."""
    if target.suffix and not target.is_dir():
        if not target.absolute().parent.is_dir():
            fail(f"no backup was made: there is no folder {target.absolute().parent}: make it, or name another.")
        return target.absolute()
    if not target.exists():
        # Backups hold personal data, though sealed: nobody else reads the folder.
        target.mkdir(mode=0o700, parents=True)
        err.print(f"made the folder {target}", markup=False)
    return (target / f"lianshan-{machine_now():%Y%m%dT%H%M%SZ}.backup").absolute()


def _find_agencies(folder: Folder, amqp_uri: str) -> "list[AgencyQueue] | None":
    from deploy.lianshan.backup import find_agency_queues  # noqa: PLC0415 - slow to import
    from deploy.lianshan.topology import read_state  # noqa: PLC0415

    try:
        return find_agency_queues(read_state(folder, amqp_uri))
    except OSError as error:
        # A backup without them is better than none, and says so.
        err.print(f"the queues of agencies are not seen: {error}", markup=False)
        return None


def _find_keep_free(path: Path, folder: Folder) -> int:
    # A backup on the disk of the stack's own servers must not stop them.
    try:
        return KEEP_FREE if path.parent.stat().st_dev == folder.root.stat().st_dev else 0
    except FileNotFoundError:
        return 0


def _sum_up(advance: Advance, total: int) -> Callable[[int], None]:
    done = 0

    def add(more: int) -> None:
        nonlocal done
        done += more
        advance(done, total)

    return add
