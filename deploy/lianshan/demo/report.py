"""The report of the day: deviations from the script, a table, JSON."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deploy.lianshan.demo.api import Answer, Api
from deploy.lianshan.demo.event_lines import RING_WORDS
from deploy.lianshan.demo.observations import Day, ObservedNeed
from deploy.lianshan.demo.script import DECLINED, NEEDS, ScriptedNeed
from deploy.lianshan.laws import LAWS
from shared.contracts.need_parts import Waiting
from shared.words import Wording

COLUMNS: Final[Sequence[tuple[str, int, Literal["left", "right"]]]] = (
    ("need\n需求", 23, "left"),
    ("state\n状态", 16, "left"),
    ("linked from\n资源链接", 32, "left"),
    ("people\n志愿者", 6, "right"),
    ("credited\n时间银行", 8, "right"),
    ("link\nms", 4, "right"),
    ("offer\nms", 5, "right"),
)
"""Title, width and side of each column."""
STATE_STYLES: Final = {"cancelled": "dim", "unmet": "yellow", "published": "yellow", "evaluated": ""}
STATE_WORDS: Final = {
    "evaluated": "evaluated 已评价",
    "confirmed": "confirmed 已确认",
    "cancelled": "cancelled 已取消",
    "unmet": "unmet 未满足",
    "published": "waiting 等待中",
}
_WAIT: Final = ("for_what", "reason", "next_step")
WORDS: Final = Wording("en")
_HELD: Final = ("accepted", "checked_in", "checked_out", "credited")


def find_deviations(day: Day, shown: Mapping[str, Answer]) -> list[str]:
    """Return a line for each deviation from the script; `shown` is each need as the API shows it, by key."""
    never = [scripted.key for scripted in NEEDS if scripted.key not in day.needs]
    found = [f"never published: {', '.join(never)}"] if never else []
    for observed in day.needs.values():
        found += _compare(observed.scripted, observed, shown.get(observed.scripted.key, {}))
    return found


def _compare(scripted: ScriptedNeed, observed: ObservedNeed, shown: Answer) -> Iterator[str]:
    key, end = scripted.key, scripted.ends
    for source, state in (("its events say", observed.state), ("the API shows", shown.get("state"))):
        if state != end.state:
            yield f"{key}: {source} {state or 'nothing'}, it had to end {end.state}"
    if observed.rings != end.rings:
        yield f"{key}: linked from {_join(observed.rings)}, it had to be from {_join(end.rings)}"
    if end.waits and not observed.waited(end.waits):
        yield f"{key}: never waited for {end.waits} with a reason and a next step"
    if end.state == "published" and not shown.get("waiting"):
        yield f"{key}: the API does not show what it waits for"
    if scripted is DECLINED and not observed.in_state("declined"):
        yield f"{key}: nobody declined"
    if scripted.volunteers and end.state == "evaluated":
        served = len(observed.in_state("credited"))
        if served != scripted.volunteers.headcount:
            yield f"{key}: {served} of {scripted.volunteers.headcount} volunteers were credited"


def fetch_shown(api: Api, day: Day) -> dict[str, Answer]:
    """Return each need of the script as the API shows it, by key."""
    return {key: api.get(f"/needs/{observed.need_id}") for key, observed in day.needs.items()}


def make_needs_table(day: Day) -> Table:
    """Return a table with a row for each need, for 100 columns."""
    found = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0, header_style="bold")
    for name, width, side in COLUMNS:
        found.add_column(name, width=width, justify=side, no_wrap=True)
    for scripted in NEEDS:
        if observed := day.needs.get(scripted.key):
            found.add_row(*_make_row(observed), style=STATE_STYLES.get(observed.state, "bold red"))
    return found


def _make_row(observed: ObservedNeed) -> list[str]:
    wanted = observed.scripted.volunteers
    held = len(observed.in_state(*_HELD))
    return [
        observed.scripted.short,
        STATE_WORDS.get(observed.state, observed.state),
        _describe_sources(observed),
        f"{held}/{wanted.headcount}" if wanted else "–",
        _format_minutes(sum(observed.credits.values())) if wanted else "–",
        _format_ms(observed.link_ms),
        _format_ms(observed.offer_ms),
    ]


def to_json(day: Day) -> list[dict[str, object]]:
    """Return the same for scripts; times in milliseconds."""
    return [
        {
            "need": scripted.key,
            "id": observed.need_id,
            "title": scripted.title,
            "state": observed.state,
            "expected": scripted.ends.state,
            "rings": list(observed.rings),
            "headcount": scripted.volunteers.headcount if scripted.volunteers else 0,
            "volunteers": len(observed.in_state(*_HELD)),
            "minutes_credited": sum(observed.credits.values()),
            "first_link_ms": _round(observed.link_ms),
            "first_offer_ms": _round(observed.offer_ms),
            "waiting": [part.model_dump() for part in _find_waiting(observed)],
        }
        for scripted in NEEDS
        if (observed := day.needs.get(scripted.key))
    ]


def print_waiting(console: Console, day: Day) -> None:
    """Print the needs that wait at the end, each with its reason and its next step (law L1)."""
    for observed in day.needs.values():
        for part in _find_waiting(observed):
            named = {name: WORDS.sentence(getattr(part, name).code, getattr(part, name).args) for name in _WAIT}
            words = f"{observed.scripted.short}: {WORDS.sentence('waits_for', named)}"
            console.print(Padding(Text(words, "yellow"), (1, 0, 0, 0)))


def _find_waiting(observed: ObservedNeed) -> list[Waiting]:
    if observed.state != "published":
        return []
    links = observed.link.waiting if observed.link else ()
    return [*links, *(observed.staffing.waiting if observed.staffing else ())]


def print_laws(console: Console, found: dict[str, list[str]]) -> None:
    """Print each law, kept or broken, with its breaches."""
    for law, (words, _) in LAWS.items():
        breaches = found.get(law, [])
        mark = Text("broken", "bold red") if breaches else Text("kept", "bold green")
        console.print(Text.assemble(f"  {law}  ", (f"{words:<24}", "bold"), mark))
        for breach in breaches:
            console.print(Padding(Text(breach, "red"), (0, 0, 0, 6)))


def _join(names: Iterable[str]) -> str:
    return " + ".join(names) or "nowhere"


def _describe_sources(observed: ObservedNeed) -> str:
    if observed.link is None:
        return "–"
    # A released link has no sources any more; whether it ever had any, its earlier events say.
    if observed.link.state == "released":
        return "given back" if observed.sources else "nothing found"
    return ", ".join(RING_WORDS[ring] for ring in observed.rings) or "nothing yet"


def _format_minutes(minutes: int) -> str:
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02} h"


def _format_ms(milliseconds: float | None) -> str:
    return "–" if milliseconds is None else f"{milliseconds:.0f}"


def _round(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 1)
