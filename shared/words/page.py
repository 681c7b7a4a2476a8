"""The page of all reason codes for readers of the API: `python -m shared.words.page` writes docs/reason-codes.md."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shared.words.catalogues import SENTENCES, Forms, catalogue

PAGE: Final = Path(__file__).parents[2] / "docs" / "reason-codes.md"
HEAD: Final = """\
# Reason codes (原因代码)

Written by `python -m shared.words.page` from the catalogues in `shared/words`; a test compares the two.

An answer of the API, an event and a stored decision hold `{code, args}`: the code of the table, and the values of its
sentence. Programs go by the code; a code is never given another meaning. The API adds the sentence as `text` (of a
problem: `detail`) in the language of `Accept-Language`, and names it in `Content-Language`.

| kind in a placeholder | value in `args` |
|---|---|
| `money` | fen, a hundredth of a yuan |
| `duration` | minutes |
| `instant`, `date` | ISO 8601, shown in the city's time zone |
| `metres` | metres |
| `quantity` | an amount in the unit of the value `commodity` |
| `number` | a count |
| `tags`, `list` | codes with commas between them |
| another, as `need_state` | a value of that enumeration; with `_list` several, "or" between them, with `_all` "and" |

A reader that meets an unknown code keeps it, and shows it as unknown.
"""
TITLES: Final = {
    "refusals": "Refusals (`rule` of a problem)",
    "validation": "Rules of a message's form (`rule` in `errors`)",
    "reasons": "Reasons, next steps and contents of events",
    "operations": "Findings of the operator's command",
}


def render() -> str:
    """Return the page."""
    return "\n".join([HEAD, *(line for name in SENTENCES for line in _table(name))])


def _table(name: str) -> Iterator[str]:
    english, chinese = catalogue("en", name), catalogue("zh", name)
    yield f"## {TITLES[name]}\n"
    yield "| code | English | 中文 |\n|---|---|---|"
    yield from (f"| `{code}` | {_cell(english[key])} | {_cell(chinese[key])} |" for key in english for code in [key[1]])
    yield ""


def _cell(forms: Forms) -> str:
    # The last form of a plural is the general one. A bar would end the cell.
    return forms[-1].replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(render(), "utf-8")
    sys.stdout.write(f"{PAGE}\n")
