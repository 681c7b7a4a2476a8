"""`lianshan backup` and `lianshan restore`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from deploy.lianshan.cli.common import AsJson, Var, database_prefix, err, fail, need, out, plainly, where
from deploy.lianshan.local import stack
from deploy.lianshan.local.folder import Folder

if TYPE_CHECKING:
    from deploy.lianshan.backup.keys import Keys
    from deploy.lianshan.backup.making import Made
    from deploy.lianshan.backup.whole import Outcome

KEEP_FREE: Final = 1024**3
"""RabbitMQ stops taking messages when its disk has less than 512 MB free."""
SHOWN: Final = 20


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)


@plainly
def backup(
    target: Annotated[
        Path, typer.Argument(metavar="[DIR|FILE]", help="A folder, or the new file's name. By default here.")
    ] = Path(),
    keys: Annotated[
        Path | None, typer.Option(help="Where to write the keys that it is read with; by default beside it.")
    ] = None,
    no_keys: Annotated[bool, typer.Option("--no-keys", help="Write no keys: you keep them elsewhere already.")] = False,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Back up everything as it is now, while the services go on.

    The keys that personal data in it is read with go to a file of their own: keep the two apart.
    """
    from deploy.lianshan.backup.errors import BackupFailedError  # noqa: PLC0415 - slow to import
    from deploy.lianshan.backup.keys import Keys, beside  # noqa: PLC0415
    from deploy.lianshan.backup.making import make_backup, save_keys  # noqa: PLC0415

    found, folder = where(var), Folder.here(var)
    mongo_uri, amqp_uri = need(found.mongo_uri, "LIANSHAN_MONGO_URI"), need(found.amqp_uri, "LIANSHAN_AMQP_URI")
    path = _file(target)
    known, keys_file = Keys.of_stack(folder), keys or beside(path)
    try:
        with _progress("documents") as told:
            made = make_backup(
                path, mongo_uri, database_prefix(), amqp_uri, keep_free=_keep_free(path, folder), told=told
            )
        written = not no_keys and bool(known.data_key)
        if written:
            save_keys(known, keys_file)
    except BackupFailedError as error:
        fail(f"no backup was made: {error}.")
    if as_json:
        out.print_json(data={**made.to_json(), "keys": str(keys_file) if written else None})
    else:
        _tell_backup(made, known, keys_file if written else None)


@plainly
def restore(
    file: Annotated[Path, typer.Argument(help="What `lianshan backup` wrote.")],
    keys: Annotated[
        Path | None, typer.Option(help="The keys written with it; by default looked for beside it, then in the stack.")
    ] = None,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty stack that does not run, let what was under way arrive, and check the laws.

    With LIANSHAN_AMQP_URI and LIANSHAN_MONGO_URI: into servers of your own, whose services you start afterwards.
    """
    from deploy.lianshan.backup.container import Reader  # noqa: PLC0415 - slow to import
    from deploy.lianshan.backup.errors import BadBackupError, RestoreFailedError  # noqa: PLC0415
    from deploy.lianshan.backup.keys import keys_for  # noqa: PLC0415
    from deploy.lianshan.backup.whole import restore_stack  # noqa: PLC0415

    folder, options = Folder.here(var), stack.Options.from_environment({})
    try:
        with Reader(file) as opened:
            found = keys_for(opened.manifest.data_keys, file, keys, folder)
            with _progress("bytes checked") as told:
                opened.verify(_sum(told, sum(part.size for part in opened.manifest.parts)))
            with _progress("documents") as told:
                counted = _sum(told, opened.manifest.documents)
                outcome = restore_stack(
                    folder, options, opened, found, prefix=database_prefix(), say=_say, told=counted
                )
    except (BadBackupError, RestoreFailedError) as error:
        fail(str(error))
    if as_json:
        out.print_json(data=outcome.to_json())
    else:
        _tell_restore(outcome, folder)
    raise typer.Exit(1 if outcome.left or outcome.breaches else 0)


def _say(line: str) -> None:
    err.print(f"  {line}")


def _file(target: Path) -> Path:
    name = f"lianshan-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.backup"
    path = (target / name if target.is_dir() else target).absolute()
    if not path.parent.is_dir():
        fail(f"no backup was made: there is no folder {path.parent}: make it, or name another.")
    return path


def _keep_free(path: Path, folder: Folder) -> int:
    """Where the stack's own servers live on the same disk, a backup must not fill it."""
    try:
        return KEEP_FREE if path.parent.stat().st_dev == folder.root.stat().st_dev else 0
    except FileNotFoundError:
        return 0


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _sum(told: Callable[[int, int], None], total: int) -> Callable[[int], None]:
    done = 0

    def add(more: int) -> None:
        nonlocal done
        done += more
        told(done, total)

    return add


def _tell_backup(made: "Made", keys: "Keys", written: Path | None) -> None:
    manifest = made.manifest
    under_way = f"{made.events:,} events under way, {made.letters:,} dead letters"
    out.print(f"{made.path}: {manifest.documents:,} documents, {under_way}", soft_wrap=True, markup=False)
    out.print(
        f"as all was at {manifest.moment:%Y-%m-%d %H:%M:%S} UTC; {made.size / 1e6:,.1f} MB in {made.seconds:.1f} s",
        soft_wrap=True,
    )
    if written is not None:
        out.print(f"{written}: its keys. Who has both reads personal data: keep them apart.", soft_wrap=True)
    if missing := [key for key in manifest.data_keys if key != keys.data_key_id or written is None]:
        out.print(f"It can be read only with data key {', '.join(missing)}, which you keep yourself.", soft_wrap=True)


def _tell_restore(outcome: "Outcome", folder: Folder) -> None:
    done = outcome.restored
    out.print(
        f"{done.documents:,} documents restored, {done.events:,} messages sent again to services that had not handled "
        f"them, {done.letters:,} dead letters, in {done.seconds:.1f} s",
        soft_wrap=True,
    )
    if done.new_admin_key:
        out.print("The administrator's key was not with it: a new one was made.")
    for words in (*outcome.left[:SHOWN], *(outcome.breaches or [])[:SHOWN]):
        out.print(f"not as it should be: {words}", markup=False, soft_wrap=True)
    if outcome.breaches is None:
        out.print("Start your services; `lianshan status` shows when all has arrived.")
    elif not outcome.left and not outcome.breaches:
        out.print("Everything under way has arrived, and the laws are kept.")
        out.print(f"Start it with `lianshan up`; its data is in {folder.root}", soft_wrap=True)
