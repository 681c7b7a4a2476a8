"""`lianshan dlq list|show|retry|edit|drop|practise`."""

import getpass
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.lianshan.cli import practice
from deploy.lianshan.cli.connections import find_mongo_uri, open_platform
from deploy.lianshan.cli.letters import find_missing, print_history, print_list, print_plain, require_consent, select
from deploy.lianshan.cli.options import AsJson, By, Lang, Var, choose_language
from deploy.lianshan.cli.output import fail, one_line_errors, out
from deploy.lianshan.local.folder import Folder

if TYPE_CHECKING:
    from deploy.lianshan.dead_letters.later import Later
    from deploy.lianshan.dead_letters.letter import DeadLetter
    from deploy.lianshan.dead_letters.repairs import Repairs
    from shared.words import Language, Wording

app = typer.Typer(help="Dead letters: messages that could not be handled.", no_args_is_help=True)

Why = Annotated[str, typer.Option(help="The reason, for the record.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="An id as `dlq list` shows it.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids as `dlq list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="Every dead letter (of --queue, if given).")]
QueueName = Annotated[str | None, typer.Option("--queue", help="Only the messages of this queue, e.g. charity.events.")]
Yes = Annotated[bool, typer.Option("--yes", help="Send commands back without a question.")]
MaxAge = Annotated[
    int, typer.Option("--max-age", min=1, max=34, help="Days after which a given-up command is not retried.")
]  # fmt: skip


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
        print_list(letters, words)
    else:
        out.print(words.sentence("no_letters", {}))


@app.command()
@one_line_errors
def show(
    letter_id: Id,
    *,
    queue: QueueName = None,
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

    words = _wording(lang)
    if reveal:
        _require_reason(why)
    with _open_repairs(var, by, why) as repairs:
        letter = repairs.open(_find_one(repairs, letter_id, queue, words))
        if reveal:
            repairs.record_read(letter)
    if as_json:
        out.print_json(data=[{**letter.to_json(), "body": show_body(letter, reveal=reveal)}])
        return
    print_history(letter, words)
    print_plain(show_body(letter, reveal=reveal))


@app.command()
@one_line_errors
def retry(
    ids: Ids = None,
    *,
    every: All = False,
    queue: QueueName = None,
    yes: Yes = False,
    max_age: MaxAge = 7,
    by: By = None,
    var: Var = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Have the service try dead letters again at once. A message that was handled already has no effect again.

    The sender of a command was refused and may have sent another one since: the later commands of the same sender are
    shown, and the retry needs your consent.
    """
    words = _wording(lang)
    _require_choice(ids, every=every)
    with _open_repairs(var, by) as repairs:
        letters = _find(repairs, ids, queue, words, every=every)
        later = require_consent(repairs, letters, words, yes=yes, max_age=max_age, as_json=as_json)
        _treat(letters, repairs.retry)
    _report(letters, ids, words.sentence("letters_sent_back", {"count": len(letters)}), words, later, as_json=as_json)


@app.command()
@one_line_errors
def edit(
    letter_id: Id,
    *,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="path=value, like data.lines.0.requested=3; may be repeated.")
    ] = None,
    unsets: Annotated[list[str] | None, typer.Option("--unset", help="A path to remove; may be repeated.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="The whole new body, JSON.")] = None,
    queue: QueueName = None,
    yes: Yes = False,
    max_age: MaxAge = 7,
    why: Why = "",
    by: By = None,
    var: Var = None,
    lang: Lang = None,
) -> None:
    """Send a dead letter back with another body: by --set and --unset, from --file, or else in $EDITOR.

    The body is held to its contract before anything is sent. The message keeps its id, so that it takes effect once.
    Your name, the time and the reason are recorded, and the hash of the old body stays with the message. A command
    needs your consent, as with `retry`.
    """
    _require_reason(why)
    words = _wording(lang)
    with _open_repairs(var, by, why) as repairs:
        letter = repairs.open(_find_one(repairs, letter_id, queue, words))
        body = _make_body(repairs, letter, sets or [], unsets or [], file)
        repairs.check(letter, body)
        require_consent(repairs, [letter], words, yes=yes, max_age=max_age, as_json=False)
        repairs.edit(letter, body)
    print_plain(words.sentence("letter_edited", {"letter": letter_id, "queue": letter.queue}))


@app.command()
@one_line_errors
def drop(
    ids: Ids = None,
    *,
    every: All = False,
    queue: QueueName = None,
    why: Why = "",
    by: By = None,
    var: Var = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Remove dead letters for good. The reason and your name are recorded: --why and --by."""
    _require_choice(ids, every=every)
    _require_reason(why)
    if not (by or "").strip():
        fail("give your name by --by NAME: it is recorded.")
    words = _wording(lang)
    with _open_repairs(var, by, why) as repairs:
        letters = _find(repairs, ids, queue, words, every=every)
        _treat(letters, repairs.drop)
    _report(letters, ids, words.sentence("letters_dropped", {"count": len(letters)}), words, [], as_json=as_json)


practice.register(app)


def _require_choice(ids: Sequence[str] | None, *, every: bool) -> None:
    if not ids and not every:
        fail("name the dead letters by their ids, or give --all.")


def _find(
    repairs: "Repairs", ids: Sequence[str] | None, queue: str | None, words: "Wording", *, every: bool
) -> "list[DeadLetter]":
    letters = _read_letters(repairs, _find_queues(queue))
    return letters if every else select(letters, ids or [], words)


def _find_one(repairs: "Repairs", letter_id: str, queue: str | None, words: "Wording") -> "DeadLetter":
    found = select(_read_letters(repairs, _find_queues(queue)), [letter_id], words)
    return found[0] if found else fail(words.sentence("letter_unknown", {"letter": letter_id}))


def _treat(letters: "Sequence[DeadLetter]", treat: "Callable[[DeadLetter], None]") -> None:
    """Treat the letters; an error ends the run, and those that follow stay."""
    for letter in letters:
        treat(letter)


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


def _report(
    done: "Sequence[DeadLetter]", ids: Sequence[str] | None, did: str, words: "Wording", later: "Sequence[Later]",
    *, as_json: bool,
) -> None:  # fmt: skip
    missing = find_missing(done, ids or [])
    if as_json:
        shown = [one.to_json() for one in later]
        out.print_json(data={"done": [letter.to_json() for letter in done], "missing": missing, "later": shown})
    else:
        out.print(did)
        for letter_id in missing:
            print_plain(words.sentence("letter_unknown", {"letter": letter_id}), to_err=True)
    raise typer.Exit(1 if missing else 0)


def _wording(lang: "Language | None") -> "Wording":
    from shared.words import Wording  # noqa: PLC0415 - slow to import

    return Wording(choose_language(lang))


def _require_reason(why: str) -> None:
    if not why.strip():
        fail('give the reason by --why "…": it is recorded.')


@contextmanager
def _open_repairs(var: Path | None, by: str | None, why: str = "") -> "Iterator[Repairs]":
    """Open the repairs in the operator's name; a letter that cannot be repaired ends the command in one line."""
    from deploy.lianshan.backup import Keys  # noqa: PLC0415 - slow to import
    from deploy.lianshan.dead_letters.editing import BadEditError  # noqa: PLC0415
    from deploy.lianshan.dead_letters.repairs import Operator, Repairs  # noqa: PLC0415
    from deploy.lianshan.dead_letters.stored import ReturnFailedError  # noqa: PLC0415

    vault = Keys.of_stack(Folder.here(var)).vault
    with open_platform(find_mongo_uri(var), writing=True) as stores:
        try:
            yield Repairs(stores, vault, Operator(by or getpass.getuser(), why))
        except (BadEditError, ReturnFailedError) as error:
            fail(str(error))


def _find_queues(queue: str | None) -> list[str]:
    from deploy.lianshan.dead_letters.stored import list_queues  # noqa: PLC0415 - slow to import

    names = list_queues()
    if queue is None:
        return names
    # Until 0.2 the dead letters had queues of their own.
    if (origin := queue.removesuffix(".dead")) not in names:
        fail(f"{queue} is no queue of a service; one of {', '.join(names)}.")
    return [origin]
