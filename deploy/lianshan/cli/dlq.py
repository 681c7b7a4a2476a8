"""`lianshan dlq list|show|retry|edit|drop`."""

import getpass
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from deploy.lianshan.cli.common import (
    AsJson,
    Var,
    amqp_connection,
    database_prefix,
    err,
    fail,
    mongo_client,
    need,
    out,
    plainly,
    where,
)

if TYPE_CHECKING:
    from deploy.lianshan.dead_letters.queues import Letter

app = typer.Typer(help="Dead letters: messages that could not be handled.", no_args_is_help=True)

PATIENCE_SECONDS = 10.0
Why = Annotated[str, typer.Option(help="The reason, for the record.")]
By = Annotated[str | None, typer.Option(help="Who does it; by default the user of this system.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids as `dlq list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="Every dead letter (of --queue, if given).")]
QueueName = Annotated[str | None, typer.Option("--queue", help="Only this queue, e.g. charity.events.dead.")]


@app.command("list")
@plainly
def list_(queue: QueueName = None, var: Var = None, as_json: AsJson = False) -> None:
    """List the dead letters with the reason of the last failure."""
    letters = _letters(var, queue)
    if as_json:
        out.print_json(data=[letter.to_json() for letter in letters])
        return
    table = Table("queue", "id", "type", "tries", "last failure", box=None, pad_edge=False)
    for letter in letters:
        history = letter.history
        last = f"{history[-1].get('at', '')} {history[-1].get('error', '')}" if history else ""
        table.add_row(letter.queue, letter.id, letter.type, str(len(history)), last)
    out.print(table if letters else "no dead letters")


@app.command()
@plainly
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    reveal: Annotated[bool, typer.Option("--reveal", help="Also what may be about a person; needs --why.")] = False,
    why: Why = "",
    by: By = None,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter: its history and its body, of commands without what may be about a person.

    --reveal shows all of it, and records who asked and why.
    """
    from deploy.lianshan.dead_letters.masking import shown  # noqa: PLC0415 - slow to import

    found = [letter for letter in _letters(var, None) if letter.id == letter_id]
    if not found:
        fail(f"there is no dead letter {letter_id}: see `lianshan dlq list`.")
    if reveal:
        for letter in found:
            _record(var, letter, "dead_letter_read", by, why)
    if as_json:
        out.print_json(data=[{**letter.to_json(), "body": shown(letter, reveal=reveal)} for letter in found])
        return
    for letter in found:
        out.print(f"[bold]{letter.id}[/bold]  {letter.type}  in {letter.queue}", soft_wrap=True)
        for entry in letter.repairs:
            words = f"  {entry.get('at', '')}  {entry.get('did', '')} by {entry.get('by', '')}"
            out.print(f"{words} after {entry.get('tries', '')} tries", markup=False, soft_wrap=True)
        for entry in letter.history:
            out.print(f"  {entry.get('at', '')}  {entry.get('error', '')}", markup=False, soft_wrap=True)
        out.print(shown(letter, reveal=reveal), markup=False, soft_wrap=True)


@app.command()
@plainly
def retry(
    ids: Ids = None,
    *,
    every: All = False,
    queue: QueueName = None,
    by: By = None,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Send dead letters back to the queue they came from. What was handled already is known and not done twice."""
    from deploy.lianshan.dead_letters.queues import LetterLostError  # noqa: PLC0415 - slow to import

    try:
        _treat(
            ids or [],
            every=every,
            queue=queue,
            var=var,
            as_json=as_json,
            word="sent back",
            treat=lambda connection, letter: _again(connection, letter, letter, var, _who(by), "retried"),
        )
    except LetterLostError as error:
        fail(str(error))


@app.command()
@plainly
def edit(
    letter_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="path=value, like data.lines.0.requested=3; may come again.")
    ] = None,
    unsets: Annotated[list[str] | None, typer.Option("--unset", help="A path to remove; may come again.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="The whole new body, JSON.")] = None,
    why: Why = "",
    by: By = None,
    var: Var = None,
) -> None:
    """Send a dead letter back with another body: by --set and --unset, from --file, or else in $EDITOR.

    The body is held to its contract before anything is sent. The message keeps its id, so that it is done once.
    Who edited it, when and why is recorded, and the hash of the old body stays with it.
    """
    from deploy.lianshan.dead_letters.editing import BadEditError  # noqa: PLC0415
    from deploy.lianshan.dead_letters.queues import LetterLostError, each  # noqa: PLC0415 - slow to import

    _reason(why)
    edited: list[str] = []

    def treat(connection: Any, letter: "Letter") -> None:
        if edited:
            fail(f"several dead letters have the id {letter_id}: one has been sent, the others stay.")
        body = _new_body(var, letter, (sets or [], unsets or [], file), by, why)
        edited.append(_edit(connection, letter, body, var, (_who(by), why)))

    with _repairing(var) as connection:
        try:
            each(connection, _queues(None), lambda letter: letter.id == letter_id, lambda one: treat(connection, one))
        except (BadEditError, LetterLostError) as error:
            fail(str(error))
    if not edited:
        fail(f"there is no dead letter {letter_id}: see `lianshan dlq list`.")
    out.print(f"{letter_id} edited and sent back to {edited[0]}", markup=False, soft_wrap=True)


@app.command()
@plainly
def drop(
    ids: Ids = None, every: All = False, queue: QueueName = None, var: Var = None, as_json: AsJson = False
) -> None:
    """Remove dead letters for good."""
    _treat(ids or [], every=every, queue=queue, var=var, as_json=as_json, word="dropped", treat=lambda *_: None)


def _treat(
    ids: list[str],
    *,
    every: bool,
    queue: str | None,
    var: Any,
    as_json: bool,
    word: str,
    treat: Callable[[Any, "Letter"], None],
) -> None:
    from deploy.lianshan.dead_letters.queues import each  # noqa: PLC0415 - slow to import

    if not ids and not every:
        fail("name the letters by their ids, or say --all.")
    with _repairing(var) as connection:
        done = each(
            connection,
            _queues(queue),
            lambda letter: every or letter.id in ids,
            lambda letter: treat(connection, letter),
        )
    missing = sorted(set(ids) - {letter.id for letter in done})
    if as_json:
        out.print_json(data={"done": [letter.to_json() for letter in done], "missing": missing})
    else:
        out.print(f"{len(done)} dead letters {word}")
        for letter_id in missing:
            err.print(f"there is no dead letter {letter_id}", markup=False, soft_wrap=True)
    raise typer.Exit(1 if missing else 0)


def _letters(var: Any, queue: str | None) -> "list[Letter]":
    from deploy.lianshan.dead_letters.queues import open_letters  # noqa: PLC0415 - slow to import

    found = []
    with _repairing(var) as connection:
        for name in _queues(queue):
            with open_letters(connection, name) as (_, letters):
                found += letters
    return found


def _again(  # noqa: PLR0917
    connection: Any, letter: "Letter", sent: "Letter", var: Any, who: str, did: str
) -> None:
    """Back to where it came from; a timer is set again."""
    from deploy.lianshan.dead_letters.queues import send_back, set_again  # noqa: PLC0415 - slow to import

    if letter.timer is None:
        entry = letter.repaired(who, did, datetime.now(UTC)).headers
        send_back(connection, replace(sent, headers=entry))
        return
    with mongo_client(need(where(var).mongo_uri, "LIANSHAN_MONGO_URI")) as client:
        set_again(client[f"{database_prefix()}{letter.service}"]["timers"], sent)


def _edit(connection: Any, letter: "Letter", body: bytes, var: Any, by_why: tuple[str, str]) -> str:
    """Check, record, send; the queue that it went to."""
    from deploy.lianshan.dead_letters.editing import check  # noqa: PLC0415 - slow to import

    properties = check(letter, body)
    sent = replace(letter, body=body, properties={**letter.properties, **properties})
    hashes = {"was": sha256(letter.body).hexdigest(), "now": sha256(body).hexdigest()}
    _record(var, letter, "dead_letter_edited", *by_why, **hashes)
    _again(connection, letter, sent, var, by_why[0], "edited")
    return letter.origin


def _new_body(
    var: Any, letter: "Letter", how: tuple[list[str], list[str], Path | None], by: str | None, why: str
) -> bytes:
    from deploy.lianshan.dead_letters.editing import changed  # noqa: PLC0415 - slow to import
    from deploy.lianshan.dead_letters.editor import in_editor  # noqa: PLC0415

    sets, unsets, file = how
    if file is not None:
        if sets or unsets:
            fail("give --file, or --set and --unset, not both.")
        return file.read_bytes()
    if sets or unsets:
        return changed(letter.body, sets, unsets)
    _record(var, letter, "dead_letter_read", by, why)
    text = in_editor(letter.body)
    return text if text is not None else fail("nothing was changed, nothing is sent.")


def _record(var: Any, letter: "Letter", what: str, by: str | None, why: str, **hashes: str) -> None:
    from deploy.lianshan.dead_letters.audit import record  # noqa: PLC0415 - slow to import

    _reason(why)
    with mongo_client(need(where(var).mongo_uri, "LIANSHAN_MONGO_URI")) as client:
        record(client[f"{database_prefix()}{letter.service}"], letter, what, who=_who(by), why=why, **hashes)


def _reason(why: str) -> None:
    if not why.strip():
        fail('say why, with --why "…": it is recorded.')


def _who(by: str | None) -> str:
    return by or getpass.getuser()


@contextmanager
def _repairing(var: Any) -> Iterator[Any]:
    """A connection while no other repair is at work: a letter in one's hands is in no queue for the other."""
    from deploy.lianshan.topology.moving import CannotMoveError, lock  # noqa: PLC0415 - slow to import

    with amqp_connection(need(where(var).amqp_uri, "LIANSHAN_AMQP_URI")) as connection:
        end_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                lock(connection)
                break
            except CannotMoveError as error:
                if time.monotonic() > end_at:
                    fail(str(error))
                time.sleep(0.2)
        yield connection


def _queues(queue: str | None) -> list[str]:
    from deploy.lianshan.dead_letters.queues import dead_queues  # noqa: PLC0415 - slow to import

    names = dead_queues()
    if queue is None:
        return names
    if queue not in names:
        fail(f"{queue} is no queue of dead letters; one of {', '.join(names)}.")
    return [queue]
