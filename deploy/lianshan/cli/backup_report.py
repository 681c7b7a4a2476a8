"""The reports of `lianshan backup` and `lianshan restore`: the results, and the steps that are left to the operator."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from deploy.lianshan.cli.output import out
from deploy.lianshan.local.folder import Folder

if TYPE_CHECKING:
    from deploy.lianshan.backup import Backup, Keys, StackRestored

MAX_SHOWN: Final = 20
_USERS: Final = (
    "the users of RabbitMQ and MongoDB. After a restore, on servers of your own: `lianshan access apply --secrets DIR` "
    "for the services, then each agency's user again (docs/security.md)"
)
_SEE_QUEUES: Final = (
    "Set LIANSHAN_MANAGEMENT_URL to have them in the next one; after a restore of this one each agency makes its own."
)
_READ_ON: Final = "After a restore they stand again, empty: each agency reads the lists and the feed (GET /v1/events)."
_STANDS: Final = (
    "The restore is complete and stays. The lines above were so in the backup already, or are messages that have not "
    "arrived. Once the stack is started, `lianshan doctor` names each again with its next step, and `lianshan dlq "
    "list` the messages that failed."
)
NO_LATER_ERASURE: Final = (
    "The journal of erasures ends where that of the backup does. If anybody was erased since, it is not the newest "
    "copy, and they are back: restore again, with a later one named by --journal, before you start."
)


def print_backup(made: "Backup", keys: "Keys", saved: Path | None, journal: Path) -> None:
    """Print the backup that was made, the file of its keys where one was saved, and the journal of erasures."""
    manifest = made.manifest
    under_way = f"{made.events:,} events under way, {made.letters:,} dead letters"
    out.print(f"{made.path}: {manifest.documents:,} documents, {under_way}", markup=False)
    out.print(
        f"as all was at {manifest.moment:%Y-%m-%d %H:%M:%S} UTC; {made.size / 1e6:,.1f} MB in {made.seconds:.1f} s",
    )
    if saved is not None:
        out.print(
            f"{saved}: its keys. With both files one reads personal data: {_keep_apart(saved, made.path)}", markup=False
        )
    # Sealed with an older key, or with one that this command does not know.
    if missing := [key for key in manifest.data_keys if key not in keys.data_key_ids or saved is None]:
        out.print(f"It can be read only with data key {', '.join(missing)}, which you keep yourself.")
    out.print(f"Not in it: {_USERS}.")
    if made.agencies is None:
        out.print(f"Not in it: queues of agencies, which are not seen here. {_SEE_QUEUES}")
    elif made.agencies:
        named = ", ".join(row["queue"] for row in made.agencies)
        out.print(f"In it, without their messages: the queues of agencies {named}. {_READ_ON}", markup=False)
    out.print(
        f"{journal}: the journal of erasures. No backup is restored without: {_keep_journal(journal, made.path)}.",
        markup=False,
    )


def _keep_apart(keys: Path, backup: Path) -> str:
    if keys.absolute().parent != backup.absolute().parent:
        return "keep them apart."
    return "now they stand in one folder, so move the keys to another place, or write them there by --keys FILE."


def _keep_journal(journal: Path, backup: Path) -> str:
    if journal.absolute().parent != backup.absolute().parent:
        return "keep this file outside the backups"
    return (
        "now it stands beside them, so keep a copy elsewhere, written by --journal FILE or `lianshan erasures export "
        "FILE`"
    )


def print_restore(restored: "StackRestored", folder: Folder, var: Path | None) -> None:
    """Print the result of a restore, each thing that is not as it should be, and the next step."""
    done = restored.restored
    out.print(
        f"{done.documents:,} documents restored, {done.events:,} messages sent again to services that had not handled "
        f"them, {done.letters:,} dead letters, in {done.seconds:.1f} s",
    )
    if done.agencies:
        out.print(
            f"Queues of agencies: {', '.join(done.agencies)}. They are empty: tell each agency to read the feed.",
            markup=False,
        )
    if done.erasures:
        out.print(f"Erasures replayed: {done.erasures:,}. Persons erased since the backup are not there again.")
    for words in done.refused:
        out.print(f"not as it should be: {words}", markup=False)
    if done.agencies or restored.breaches is None:
        out.print(f"Not in a backup: {_USERS}.")
    if done.new_admin_key:
        out.print("The administrator's key was not with it: a new one was made.")
    for words in (*restored.left[:MAX_SHOWN], *(restored.breaches or [])[:MAX_SHOWN]):
        out.print(f"not as it should be: {words}", markup=False)
    if restored.breaches is None:
        out.print("Start your services; `lianshan status` shows when all has arrived.")
        return
    if not restored.left and not restored.breaches:
        out.print("Everything under way has arrived, and the laws are kept.")
    else:
        out.print(_STANDS)
    start = "lianshan up" if var is None else f"lianshan up --var {shlex.quote(str(var))}"
    out.print(f"Start it with `{start}`; its data is in {folder.root}", markup=False)
