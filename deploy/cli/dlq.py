"""`lianshan dlq list|show|retry|drop`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from deploy.cli.common import AsJson, Var, amqp_connection, database_prefix, err, fail, need, out, plainly, where

if TYPE_CHECKING:
    from deploy.deadletters import Letter

app = typer.Typer(help="Dead letters: messages that could not be handled.", no_args_is_help=True)

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
def show(letter_id: Annotated[str, typer.Argument(metavar="ID")], var: Var = None, as_json: AsJson = False) -> None:
    """Show one dead letter: its history and its body. A command's body may hold personal data."""
    found = [letter for letter in _letters(var, None) if letter.id == letter_id]
    if not found:
        fail(f"there is no dead letter {letter_id}: see `lianshan dlq list`.")
    if as_json:
        out.print_json(data=[{**letter.to_json(), "body": letter.text()} for letter in found])
        return
    for letter in found:
        out.print(f"[bold]{letter.id}[/bold]  {letter.type}  in {letter.queue}", soft_wrap=True)
        for entry in letter.history:
            out.print(f"  {entry.get('at', '')}  {entry.get('error', '')}", markup=False, soft_wrap=True)
        out.print(letter.text(), markup=False, soft_wrap=True)


@app.command()
@plainly
def retry(
    ids: Ids = None, every: All = False, queue: QueueName = None, var: Var = None, as_json: AsJson = False
) -> None:
    """Send dead letters back to the queue they came from. What was handled already is known and not done twice."""
    from deploy.deadletters import LetterLostError, send_back, set_again  # noqa: PLC0415 - slow to import

    stack = where(var)

    def again(connection: Any, letter: "Letter") -> None:
        if letter.timer is None:
            send_back(connection, letter)
            return
        from pymongo import MongoClient  # noqa: PLC0415

        with MongoClient[dict[str, Any]](need(stack.mongo_uri, "LIANSHAN_MONGO_URI")) as client:
            set_again(client[f"{database_prefix()}{letter.service}"]["timers"], letter)

    try:
        _treat(ids or [], every=every, queue=queue, var=var, as_json=as_json, word="sent back", treat=again)
    except LetterLostError as error:
        fail(str(error))


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
    from deploy.deadletters import each  # noqa: PLC0415 - slow to import

    if not ids and not every:
        fail("name the letters by their ids, or say --all.")
    with amqp_connection(need(where(var).amqp_uri, "LIANSHAN_AMQP_URI")) as connection:
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
    from deploy.deadletters import open_letters  # noqa: PLC0415 - slow to import

    found = []
    with amqp_connection(need(where(var).amqp_uri, "LIANSHAN_AMQP_URI")) as connection:
        for name in _queues(queue):
            with open_letters(connection, name) as (_, letters):
                found += letters
    return found


def _queues(queue: str | None) -> list[str]:
    from deploy.deadletters import dead_queues  # noqa: PLC0415 - slow to import

    names = dead_queues()
    if queue is None:
        return names
    if queue not in names:
        fail(f"{queue} is no queue of dead letters; one of {', '.join(names)}.")
    return [queue]
