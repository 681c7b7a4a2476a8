"""Dead letters on the command line: found by their ids, shown, and the consent that a command's retry needs."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer
from rich.cells import cell_len, set_cell_size

from deploy.lianshan.cli.output import err, fail, out

if TYPE_CHECKING:
    from deploy.lianshan.dead_letters.later import Later
    from deploy.lianshan.dead_letters.letter import DeadLetter, Entry
    from deploy.lianshan.dead_letters.repairs import Repairs
    from shared.words import Wording


def select(letters: "Sequence[DeadLetter]", ids: Sequence[str], words: "Wording") -> "list[DeadLetter]":
    """Return the letters with these ids, each once; an id that none has is left out.

    An id may also be the whole key, `<queue>/<key>`, which is unique, or that key without its queue. Fails where
    several letters have one id, and lists them: nothing is done to any of them.
    """
    chosen: dict[str, DeadLetter] = {}
    for name in ids:
        found = [letter for letter in letters if name in letter.names]
        if len(found) > 1:
            for letter in found:
                parts = {"key": letter.key, "type": letter.type, "at": letter.dead.isoformat()}
                print_plain(words.sentence("letter_of_several", parts), to_err=True)
            fail(words.sentence("letter_ambiguous", {"letter": name, "count": len(found)}))
        chosen.update((letter.key, letter) for letter in found)
    return list(chosen.values())


def find_missing(letters: "Sequence[DeadLetter]", ids: Sequence[str]) -> list[str]:
    """Return the ids that none of the letters has."""
    return sorted(set(ids) - {name for letter in letters for name in letter.names})


def require_consent(
    repairs: "Repairs", letters: "Sequence[DeadLetter]", words: "Wording", *, yes: bool, max_age: int, as_json: bool
) -> "list[Later]":
    """Return the later commands of the senders of those letters that are commands, once the operator has consented.

    They are shown first, unless JSON is printed. Fails where a command is older than `max_age` days, or where there is
    neither --yes nor a terminal to ask at.
    """
    commands = [letter for letter in letters if letter.is_command]
    if old := [letter.key for letter in commands if repairs.is_older(letter, max_age)]:
        fail(words.sentence("commands_too_old", {"count": len(old), "days": max_age, "letters": ", ".join(old)}))
    later = [repairs.find_later(letter) for letter in commands]
    if not later:
        return later
    for one in () if as_json else later:
        _print_later(one, words)
    if not yes:
        if as_json or not sys.stdin.isatty():
            fail(words.sentence("consent_needed", {"count": len(later)}))
        typer.confirm(words.sentence("consent_asked", {"count": len(later)}), abort=True, err=True)
    return later


def _print_later(later: "Later", words: "Wording") -> None:
    """Print the later commands of one sender on standard error: with them the operator decides."""
    letter, at = later.letter, later.letter.dead.isoformat()
    if later.count is None:
        head = words.sentence("later_commands_unknown", {"letter": letter.key, "type": letter.type, "at": at})
    else:
        head = words.sentence(
            "later_commands", {"letter": letter.key, "type": letter.type, "at": at, "count": later.count}
        )
    print_plain(head, to_err=True)
    for one in later.latest:
        row = {"at": one.at.isoformat(), "type": one.type, "ids": ", ".join(one.ids), "correlation": one.correlation}
        print_plain(f"  {words.sentence('later_command', row)}", to_err=True)


def print_list(letters: "Sequence[DeadLetter]", words: "Wording") -> None:
    """Print two lines a letter, never folded: the other commands take the id whole."""
    titles = tuple(words.term("column", column) for column in ("queue", "id", "type", "tries"))
    rows = [titles, *((one.queue, one.id, one.type, str(len(one.history))) for one in letters)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row, letter in zip(rows, (None, *letters), strict=True):
        line = "  ".join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True))
        print_plain(line.rstrip())
        if letter is not None and letter.history:
            print_plain(f"    {_describe(letter.history[-1], words)}")


def print_history(letter: "DeadLetter", words: "Wording") -> None:
    """Print the repairs and failures of one letter under its name."""
    head = {"letter": letter.id, "type": letter.type, "queue": letter.queue}
    out.print(words.sentence("letter_of_queue", head), style="bold", markup=False, soft_wrap=True)
    for entry in letter.repairs:
        parts = {"at": entry["at"].isoformat(), **{name: entry[name] for name in ("did", "by", "tries")}}
        print_plain(f"  {words.sentence('letter_repaired', parts)}")
    for entry in letter.history:
        print_plain(f"  {_describe(entry, words)}")


def print_plain(line: str, *, to_err: bool = False) -> None:
    """Print a line as it is: neither folded nor read as markup."""
    (err if to_err else out).print(line, markup=False, soft_wrap=True)


def _describe(entry: "Entry", words: "Wording") -> str:
    parts = {"at": entry["at"].isoformat(), "code": entry["code"], "error": entry["error"]}
    return words.sentence("letter_failed", parts)
