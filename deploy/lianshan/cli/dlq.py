"""`lianshan dlq list|show|retry|edit|drop`."""

import getpass
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from deploy.lianshan.cli.connections import find_amqp_uri, find_mongo_uri, open_broker, open_platform
from deploy.lianshan.cli.options import AsJson, By, Lang, Var, choose_language
from deploy.lianshan.cli.output import err, fail, make_worded_table, one_line_errors, out

if TYPE_CHECKING:
    from amqp import Connection

    from deploy.lianshan.dead_letters.letter import DeadLetter
    from deploy.lianshan.dead_letters.repairs import Repairs
    from deploy.lianshan.stores import Store

app = typer.Typer(help="Dead letters: messages that could not be handled.", no_args_is_help=True)

PATIENCE_SECONDS: Final = 10.0
"""How long a repair waits for another one to end."""
Why = Annotated[str, typer.Option(help="The reason, for the record.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids as `dlq list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="Every dead letter (of --queue, if given).")]
QueueName = Annotated[str | None, typer.Option("--queue", help="Only this queue, e.g. charity.events.dead.")]


@app.command("list")
@one_line_errors
def list_letters(queue: QueueName = None, var: Var = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """List the dead letters, each with the error of its last try."""
    from shared.words import Wording  # noqa: PLC0415 - slow to import

    with _open_locked(var) as connection:
        letters = _read_letters(connection, queue)
    if as_json:
        out.print_json(data=[letter.to_json() for letter in letters])
        return
    words = Wording(choose_language(lang))
    table = make_worded_table(words, "queue", "id", "type", "tries", "last_failure")
    for letter in letters:
        history = letter.history
        last = f"{history[-1].get('at', '')} {history[-1].get('error', '')}" if history else ""
        table.add_row(letter.queue, letter.id, letter.type, str(len(history)), last)
    out.print(table if letters else words.sentence("no_letters", {}))


@app.command()
@one_line_errors
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    reveal: Annotated[bool, typer.Option("--reveal", help="Also the parts that may be about a person.")] = False,
    why: Why = "",
    by: By = None,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter: its history and its body, of commands without the parts that may be about a person.

    --reveal shows the whole body. It needs --why, and the reason is recorded with your name.
    """
    from deploy.lianshan.dead_letters.masking import show_body  # noqa: PLC0415 - slow to import

    if reveal:
        _require_reason(why)
    with _open_repairs(var, by, why) as repairs:
        found = [letter for letter in _read_letters(repairs.connection, None) if letter.id == letter_id]
        for letter in found if reveal else ():
            repairs.record_read(letter)
    if not found:
        _fail_unknown(letter_id)
    if as_json:
        out.print_json(data=[{**letter.to_json(), "body": show_body(letter, reveal=reveal)} for letter in found])
        return
    for letter in found:
        _print_history(letter)
        out.print(show_body(letter, reveal=reveal), markup=False, soft_wrap=True)


@app.command()
@one_line_errors
def retry(
    ids: Ids = None,
    *,
    every: All = False,
    queue: QueueName = None,
    by: By = None,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Send dead letters back to the queue they came from. A message that was handled already has no effect again."""
    from deploy.lianshan.dead_letters.queues import ReturnFailedError  # noqa: PLC0415 - slow to import

    wanted = _select(ids, every=every)
    with _open_repairs(var, by) as repairs:
        try:
            done = _treat(repairs, queue, wanted, repairs.retry)
        except ReturnFailedError as error:
            fail(str(error))
    _report(done, ids or [], "sent back", as_json=as_json)


@app.command()
@one_line_errors
def edit(
    letter_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="path=value, like data.lines.0.requested=3; may be repeated.")
    ] = None,
    unsets: Annotated[list[str] | None, typer.Option("--unset", help="A path to remove; may be repeated.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="The whole new body, JSON.")] = None,
    why: Why = "",
    by: By = None,
    var: Var = None,
) -> None:
    """Send a dead letter back with another body: by --set and --unset, from --file, or else in $EDITOR.

    The body is held to its contract before anything is sent. The message keeps its id, so that it takes effect once.
    Your name, the time and the reason are recorded, and the hash of the old body stays with the message.
    """
    from deploy.lianshan.dead_letters.editing import BadEditError  # noqa: PLC0415 - slow to import
    from deploy.lianshan.dead_letters.queues import ReturnFailedError  # noqa: PLC0415

    _require_reason(why)
    sent_to: list[str] = []
    with _open_repairs(var, by, why) as repairs:

        def edit_one(letter: "DeadLetter") -> None:
            if sent_to:
                fail(f"several dead letters have the id {letter_id}: one has been sent, the others stay.")
            repairs.edit(letter, _make_body(repairs, letter, sets or [], unsets or [], file))
            sent_to.append(letter.origin)

        try:
            _treat(repairs, None, lambda letter: letter.id == letter_id, edit_one)
        except (BadEditError, ReturnFailedError) as error:
            fail(str(error))
    if not sent_to:
        _fail_unknown(letter_id)
    out.print(f"{letter_id} edited and sent back to {sent_to[0]}", markup=False, soft_wrap=True)


@app.command()
@one_line_errors
def drop(
    ids: Ids = None, every: All = False, queue: QueueName = None, var: Var = None, as_json: AsJson = False
) -> None:
    """Remove dead letters for good."""
    wanted = _select(ids, every=every)
    with _open_repairs(var, None) as repairs:
        done = _treat(repairs, queue, wanted, lambda _: None)
    _report(done, ids or [], "dropped", as_json=as_json)


def _select(ids: list[str] | None, *, every: bool) -> "Callable[[DeadLetter], bool]":
    if not ids and not every:
        fail("name the dead letters by their ids, or give --all.")
    return lambda letter: every or letter.id in (ids or [])


def _treat(
    repairs: "Repairs", queue: str | None, wanted: "Callable[[DeadLetter], bool]", treat: "Callable[[DeadLetter], None]"
) -> "list[DeadLetter]":
    from deploy.lianshan.dead_letters.queues import treat_each  # noqa: PLC0415 - slow to import

    return treat_each(repairs.connection, _find_queues(queue), wanted, treat)


def _read_letters(connection: "Connection", queue: str | None) -> "list[DeadLetter]":
    from deploy.lianshan.dead_letters.queues import open_dead_letters  # noqa: PLC0415 - slow to import

    found = []
    for name in _find_queues(queue):
        with open_dead_letters(connection, name) as (_, letters):
            found += letters
    return found


def _make_body(
    repairs: "Repairs", letter: "DeadLetter", sets: list[str], unsets: list[str], file: Path | None
) -> bytes:
    from deploy.lianshan.dead_letters.editing import edit_body  # noqa: PLC0415 - slow to import
    from deploy.lianshan.dead_letters.editor import edit_in_editor  # noqa: PLC0415

    if file is not None:
        if sets or unsets:
            fail("give --file, or --set and --unset, not both.")
        return file.read_bytes()
    if sets or unsets:
        return edit_body(letter.body, sets, unsets)
    # The editor shows the whole body, personal data included.
    repairs.record_read(letter)
    body = edit_in_editor(letter.body)
    return body if body is not None else fail("nothing was changed, nothing is sent.")


def _print_history(letter: "DeadLetter") -> None:
    out.print(f"[bold]{letter.id}[/bold]  {letter.type}  in {letter.queue}", soft_wrap=True)
    for entry in letter.repairs:
        words = f"  {entry.get('at', '')}  {entry.get('did', '')} by {entry.get('by', '')}"
        out.print(f"{words} after {entry.get('tries', '')} tries", markup=False, soft_wrap=True)
    for entry in letter.history:
        out.print(f"  {entry.get('at', '')}  {entry.get('error', '')}", markup=False, soft_wrap=True)


def _report(done: "list[DeadLetter]", ids: list[str], did: str, *, as_json: bool) -> None:
    missing = sorted(set(ids) - {letter.id for letter in done})
    if as_json:
        out.print_json(data={"done": [letter.to_json() for letter in done], "missing": missing})
    else:
        out.print(f"{len(done)} dead letters {did}")
        for letter_id in missing:
            err.print(f"there is no dead letter {letter_id}", markup=False, soft_wrap=True)
    raise typer.Exit(1 if missing else 0)


def _fail_unknown(letter_id: str) -> NoReturn:
    fail(f"there is no dead letter {letter_id}: see `lianshan dlq list`.")


def _require_reason(why: str) -> None:
    if not why.strip():
        fail('give the reason by --why "…": it is recorded.')


@contextmanager
def _open_repairs(var: Path | None, by: str | None, why: str = "") -> "Iterator[Repairs]":
    from deploy.lianshan.dead_letters.repairs import Operator, Repairs  # noqa: PLC0415 - slow to import

    with _open_locked(var) as connection:
        yield Repairs(connection, _store_opener(var), Operator(by or getpass.getuser(), why))


def _store_opener(var: Path | None) -> "Callable[[str], AbstractContextManager[Store]]":
    @contextmanager
    def open_store(service: str) -> "Iterator[Store]":
        with open_platform(find_mongo_uri(var), writing=True) as stores:
            yield stores.of(service)

    return open_store


@contextmanager
def _open_locked(var: Path | None) -> "Iterator[Connection]":
    """Open a connection while no other repair is at work: a dead letter that one holds is in no queue for the other."""
    from deploy.lianshan.topology.queue_move import CannotMoveError, lock  # noqa: PLC0415 - slow to import

    with open_broker(find_amqp_uri(var)) as connection:
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


def _find_queues(queue: str | None) -> list[str]:
    from deploy.lianshan.dead_letters.queues import list_dead_queues  # noqa: PLC0415 - slow to import

    names = list_dead_queues()
    if queue is None:
        return names
    if queue not in names:
        fail(f"{queue} is no queue of dead letters; one of {', '.join(names)}.")
    return [queue]
