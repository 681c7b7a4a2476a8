"""The report of the day: deviations from the script, a table, JSON."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from rich import box
from rich.cells import set_cell_size
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deploy.lianshan.demo.api import Answer, Api
from deploy.lianshan.demo.observations import Day, ObservedNeed
from deploy.lianshan.demo.script import DECLINED, NEEDS, ScriptedNeed
from deploy.lianshan.demo.words import DemoWords
from deploy.lianshan.laws import LAWS
from shared.contracts.need_parts import Waiting
from shared.contracts.reasons import Reason

COLUMNS: Final[Sequence[tuple[str, int, Literal["left", "right"]]]] = (
    ("need", 23, "left"),
    ("state", 16, "left"),
    ("linked_from", 32, "left"),
    ("people", 6, "right"),
    ("hours", 8, "right"),
    ("link_ms", 4, "right"),
    ("offer_ms", 5, "right"),
)
"""Title (a code of the words), width and side of each column."""
_WITHOUT_SERVICE: Final = frozenset({"cancelled", "unmet"})
"""The ends of a need after which its link is released."""
STATE_STYLES: Final = {
    "cancelled": "dim",
    "unmet": "yellow",
    "partly_served": "yellow",
    "ready": "",
    "published": "yellow",
    "evaluated": "",
}
_LAW_CELLS: Final = 24
_WAIT: Final = ("for_what", "reason", "next_step")
_HELD: Final = ("accepted", "checked_in", "checked_out", "credited")


def find_deviations(day: Day, shown: Mapping[str, Answer], words: DemoWords) -> list[str]:
    """Return a line for each deviation from the script; `shown` is each need as the API shows it, by key."""
    never = [scripted.short.of(words.language) for scripted in NEEDS if scripted.key not in day.needs]
    found = [words.say("never_published", keys=words.join(never))] if never else []
    for observed in day.needs.values():
        found += _compare(observed.scripted, observed, shown.get(observed.scripted.key, {}), words)
    return found


def _compare(scripted: ScriptedNeed, observed: ObservedNeed, shown: Answer, words: DemoWords) -> Iterator[str]:
    key, end = scripted.key, scripted.ends
    state = str(shown.get("state") or "–")
    if {observed.state, state} != {end.state}:
        events = observed.state or "–"
        yield words.say("ended_otherwise", key=key, events=events, shown=state, expected=end.state)
    if observed.rings != end.rings:
        yield words.say("linked_otherwise", key=key, rings=_join(observed.rings), expected=_join(end.rings))
    if end.waits and not observed.waited(end.waits):
        yield words.say("never_waited", key=key, waits=end.waits)
    if end.state == "published" and not shown.get("waiting"):
        yield words.say("wait_not_shown", key=key)
    if scripted is DECLINED and not observed.in_state("declined"):
        yield words.say("nobody_declined", key=key)
    if scripted.volunteers and end.state == "evaluated":
        served = len(observed.in_state("credited"))
        if served != scripted.volunteers.headcount:
            headcount = scripted.volunteers.headcount
            yield words.say("credited_otherwise", key=key, served=served, headcount=headcount)


def fetch_shown(api: Api, day: Day) -> dict[str, Answer]:
    """Return each need of the script as the API shows it, by key."""
    return {key: api.get(f"/needs/{observed.need_id}") for key, observed in day.needs.items()}


def make_needs_table(day: Day, words: DemoWords) -> Table:
    """Return a table with a row for each need, for 100 columns."""
    found = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0, header_style="bold")
    for name, width, side in COLUMNS:
        found.add_column(words.say(name), width=width, justify=side, no_wrap=True)
    for scripted in NEEDS:
        if observed := day.needs.get(scripted.key):
            found.add_row(*_make_row(observed, words), style=STATE_STYLES.get(observed.state, "bold red"))
    return found


def _make_row(observed: ObservedNeed, words: DemoWords) -> list[str]:
    wanted = observed.scripted.volunteers
    held = len(observed.in_state(*_HELD))
    return [
        observed.scripted.short.of(words.language),
        words.say("waiting_state") if observed.state == "published" else words.term("need_state", observed.state),
        _describe_sources(observed, words),
        f"{held}/{wanted.headcount}" if wanted else "–",
        _format_minutes(sum(observed.credits.values())) if wanted else "–",
        _format_ms(observed.link_ms),
        _format_ms(observed.offer_ms),
    ]


def to_json(day: Day, words: DemoWords) -> list[dict[str, object]]:
    """Return the same for scripts; times in milliseconds."""
    return [
        {
            "need": scripted.key,
            "id": observed.need_id,
            "title": scripted.title.of(words.language),
            "state": observed.state,
            "expected": scripted.ends.state,
            "rings": list(observed.rings),
            "headcount": scripted.volunteers.headcount if scripted.volunteers else 0,
            "volunteers": len(observed.in_state(*_HELD)),
            "minutes_credited": sum(observed.credits.values()),
            "first_link_ms": _round(observed.link_ms),
            "first_offer_ms": _round(observed.offer_ms),
            "waiting": [_word_waiting(part, words) for part in _find_waiting(observed)],
        }
        for scripted in NEEDS
        if (observed := day.needs.get(scripted.key))
    ]


def print_waiting(console: Console, day: Day, words: DemoWords) -> None:
    """Print the needs that wait at the end, each with its reason and its next step (law L1)."""
    for observed in day.needs.values():
        for part in _find_waiting(observed):
            named = {name: words.reason(getattr(part, name)) for name in _WAIT}
            colon = "：" if words.language == "zh" else ": "
            said = f"{observed.scripted.short.of(words.language)}{colon}{words.wording.sentence('waits_for', named)}"
            console.print(Padding(Text(said, "yellow"), (1, 0, 0, 0)))


def _word_waiting(part: Waiting, words: DemoWords) -> dict[str, object]:
    named: dict[str, Reason] = {name: getattr(part, name) for name in _WAIT}
    return {name: {**found.model_dump(), "text": words.reason(found)} for name, found in named.items()}


def _find_waiting(observed: ObservedNeed) -> list[Waiting]:
    if observed.state != "published":
        return []
    links = observed.link.waiting if observed.link else ()
    return [*links, *(observed.staffing.waiting if observed.staffing else ())]


def print_laws(console: Console, found: dict[str, list[str]], words: DemoWords) -> None:
    """Print each law, kept or broken, with its breaches."""
    for law in LAWS:
        breaches = found.get(law, [])
        mark = Text(words.say("broken"), "bold red") if breaches else Text(words.say("kept"), "bold green")
        name = set_cell_size(words.say(f"law_{law}"), _LAW_CELLS)
        console.print(Text.assemble(f"  {law}  ", (name, "bold"), mark))
        for breach in breaches:
            console.print(Padding(Text(breach, "red"), (0, 0, 0, 6)))


def _join(names: Iterable[str]) -> str:
    return " + ".join(names) or "–"


def _describe_sources(observed: ObservedNeed, words: DemoWords) -> str:
    if observed.link is None:
        return "–"
    # A released link has no sources any more; whether it ever had any, its earlier events say. The event of the release
    # comes after that of the need's end.
    if observed.link.state == "released" or observed.state in _WITHOUT_SERVICE:
        return words.say("given_back") if observed.sources else words.say("nothing_found")
    return words.terms("ring", list(observed.rings)) or words.say("nothing_yet")


def _format_minutes(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


def _format_ms(milliseconds: float | None) -> str:
    return "–" if milliseconds is None else f"{milliseconds:.0f}"


def _round(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 1)
