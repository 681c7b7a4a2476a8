"""`lianshan dlq list|show|retry|edit|drop`."""

import getpass
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.cells import cell_len, set_cell_size

from deploy.lianshan.cli.connections import find_mongo_uri, open_platform
from deploy.lianshan.cli.options import AsJson, By, Lang, Var, choose_language
from deploy.lianshan.cli.output import err, fail, one_line_errors, out
from deploy.lianshan.local.folder import Folder

if TYPE_CHECKING:
    from deploy.lianshan.dead_letters.letter import DeadLetter, Entry
    from deploy.lianshan.dead_letters.repairs import Repairs
    from shared.words import Language, Wording

app = typer.Typer(help="Dead letters: messages that could not be handled.", no_args_is_help=True)

Why = Annotated[str, typer.Option(help="The reason, for the record.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids as `dlq list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="Every dead letter (of --queue, if given).")]
QueueName = Annotated[str | None, typer.Option("--queue", help="Only the messages of this queue, e.g. charity.events.")]


@app.command("list")
@one_line_errors
def list_letters(queue: QueueName = None, var: Var = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """List the dead letters, each with the error of its last try."""
    queues = _find_queues(queue)
    with _open_repairs(var, None) as repairs:
        letters = _read_letters(repairs, queues)
    if as_json:
        out.print_json(data=[letter.to_json() for letter in letters])
        return
    words = _wording(lang)
    if letters:
        _print_list(letters, words)
    else:
        out.print(words.sentence("no_letters", {}))


def _print_list(letters: Sequence["DeadLetter"], words: "Wording") -> None:
    """Print two lines a letter, never folded: the other commands take the id whole."""
    titles = tuple(words.term("column", column) for column in ("queue", "id", "type", "tries"))
    rows = [titles, *((one.queue, one.id, one.type, str(len(one.history))) for one in letters)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row, letter in zip(rows, (None, *letters), strict=True):
        line = "  ".join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True))
        out.print(line.rstrip(), markup=False, soft_wrap=True)
        if letter is not None and letter.history:
            out.print(f"    {_describe(letter.history[-1], words)}", markup=False, soft_wrap=True)


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
    lang: Lang = None,
) -> None:
    """Show one dead letter: its history and its body, of commands without the parts that may be about a person.

    --reveal shows the whole body. It needs --why, and the reason is recorded with your name.
    """
    from deploy.lianshan.dead_letters.masking import show_body  # noqa: PLC0415 - slow to import
    from deploy.lianshan.dead_letters.stored import ReturnFailedError  # noqa: PLC0415

    if reveal:
        _require_reason(why)
    with _open_repairs(var, by, why) as repairs:
        try:
            found = [
                repairs.open(letter) for letter in _read_letters(repairs, _find_queues(None)) if letter.id == letter_id
            ]
        except ReturnFailedError as error:
            fail(str(error))
        for letter in found if reveal else ():
            repairs.record_read(letter)
    if not found:
        fail(_wording(lang).sentence("letter_unknown", {"letter": letter_id}))
    if as_json:
        out.print_json(data=[{**letter.to_json(), "body": show_body(letter, reveal=reveal)} for letter in found])
        return
    for letter in found:
        _print_history(letter, _wording(lang))
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
    lang: Lang = None,
) -> None:
    """Have the service try dead letters again at once. A message that was handled already has no effect again."""
    from deploy.lianshan.dead_letters.stored import ReturnFailedError  # noqa: PLC0415 - slow to import

    wanted, queues = _select(ids, every=every), _find_queues(queue)
    with _open_repairs(var, by) as repairs:
        try:
            done = _treat(repairs, queues, wanted, repairs.retry)
        except ReturnFailedError as error:
            fail(str(error))
    words = _wording(lang)
    _report(done, ids or [], words.sentence("letters_sent_back", {"count": len(done)}), words, as_json=as_json)


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
    lang: Lang = None,
) -> None:
    """Send a dead letter back with another body: by --set and --unset, from --file, or else in $EDITOR.

    The body is held to its contract before anything is sent. The message keeps its id, so that it takes effect once.
    Your name, the time and the reason are recorded, and the hash of the old body stays with the message.
    """
    from deploy.lianshan.dead_letters.editing import BadEditError  # noqa: PLC0415 - slow to import
    from deploy.lianshan.dead_letters.stored import ReturnFailedError  # noqa: PLC0415

    _require_reason(why)
    sent_to: list[str] = []
    with _open_repairs(var, by, why) as repairs:

        def edit_one(letter: "DeadLetter") -> None:
            if sent_to:
                fail(f"several dead letters have the id {letter_id}: one has been sent, the others stay.")
            opened = repairs.open(letter)
            repairs.edit(opened, _make_body(repairs, opened, sets or [], unsets or [], file))
            sent_to.append(letter.queue)

        try:
            _treat(repairs, _find_queues(None), lambda letter: letter.id == letter_id, edit_one)
        except (BadEditError, ReturnFailedError) as error:
            fail(str(error))
    words = _wording(lang)
    if not sent_to:
        fail(words.sentence("letter_unknown", {"letter": letter_id}))
    edited = words.sentence("letter_edited", {"letter": letter_id, "queue": sent_to[0]})
    out.print(edited, markup=False, soft_wrap=True)


@app.command()
@one_line_errors
def drop(
    ids: Ids = None,
    *,
    every: All = False,
    queue: QueueName = None,
    var: Var = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Remove dead letters for good."""
    wanted, queues = _select(ids, every=every), _find_queues(queue)
    with _open_repairs(var, None) as repairs:
        done = _treat(repairs, queues, wanted, repairs.drop)
    words = _wording(lang)
    _report(done, ids or [], words.sentence("letters_dropped", {"count": len(done)}), words, as_json=as_json)


def _select(ids: list[str] | None, *, every: bool) -> "Callable[[DeadLetter], bool]":
    if not ids and not every:
        fail("name the dead letters by their ids, or give --all.")
    return lambda letter: every or letter.id in (ids or [])


def _treat(
    repairs: "Repairs", queues: list[str], wanted: "Callable[[DeadLetter], bool]", treat: "Callable[[DeadLetter], None]"
) -> "list[DeadLetter]":
    """Treat every wanted dead letter and return those that were; an error ends the run, and the others stay."""
    treated = []
    for letter in filter(wanted, _read_letters(repairs, queues)):
        treat(letter)
        treated.append(letter)
    return treated


def _read_letters(repairs: "Repairs", queues: list[str]) -> "list[DeadLetter]":
    from deploy.lianshan.dead_letters.stored import read_letters  # noqa: PLC0415 - slow to import

    return list(read_letters(repairs.stores, queues))


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


def _print_history(letter: "DeadLetter", words: "Wording") -> None:
    head = {"letter": letter.id, "type": letter.type, "queue": letter.queue}
    out.print(words.sentence("letter_of_queue", head), style="bold", markup=False, soft_wrap=True)
    for entry in letter.repairs:
        parts = {"at": entry["at"].isoformat(), **{name: entry[name] for name in ("did", "by", "tries")}}
        out.print(f"  {words.sentence('letter_repaired', parts)}", markup=False, soft_wrap=True)
    for entry in letter.history:
        out.print(f"  {_describe(entry, words)}", markup=False, soft_wrap=True)


def _describe(entry: "Entry", words: "Wording") -> str:
    parts = {"at": entry["at"].isoformat(), "code": entry["code"], "error": entry["error"]}
    return words.sentence("letter_failed", parts)


def _report(done: "list[DeadLetter]", ids: list[str], did: str, words: "Wording", *, as_json: bool) -> None:
    missing = sorted(set(ids) - {letter.id for letter in done})
    if as_json:
        out.print_json(data={"done": [letter.to_json() for letter in done], "missing": missing})
    else:
        out.print(did)
        for letter_id in missing:
            err.print(words.sentence("letter_unknown", {"letter": letter_id}), markup=False, soft_wrap=True)
    raise typer.Exit(1 if missing else 0)


def _wording(lang: "Language | None") -> "Wording":
    from shared.words import Wording  # noqa: PLC0415 - slow to import

    return Wording(choose_language(lang))


def _require_reason(why: str) -> None:
    if not why.strip():
        fail('give the reason by --why "…": it is recorded.')


@contextmanager
def _open_repairs(var: Path | None, by: str | None, why: str = "") -> "Iterator[Repairs]":
    from deploy.lianshan.backup import Keys  # noqa: PLC0415 - slow to import
    from deploy.lianshan.dead_letters.repairs import Operator, Repairs  # noqa: PLC0415

    vault = Keys.of_stack(Folder.here(var)).vault
    with open_platform(find_mongo_uri(var), writing=True) as stores:
        yield Repairs(stores, vault, Operator(by or getpass.getuser(), why))


def _find_queues(queue: str | None) -> list[str]:
    from deploy.lianshan.dead_letters.stored import list_queues  # noqa: PLC0415 - slow to import

    names = list_queues()
    if queue is None:
        return names
    # Until 0.2 the dead letters had queues of their own.
    if (origin := queue.removesuffix(".dead")) not in names:
        fail(f"{queue} is no queue of a service; one of {', '.join(names)}.")
    return [origin]
