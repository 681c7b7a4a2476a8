"""How it ended: held to the script, as a table, as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deploy.lianshan.demo.api import Api
from deploy.lianshan.demo.script import DECLINED, ROLES, Role
from deploy.lianshan.demo.story import Day, NeedStory
from deploy.lianshan.demo.words import RING_WORDS
from deploy.lianshan.laws import LAWS

COLUMNS: Final[Sequence[tuple[str, int, Literal["left", "right"]]]] = (
    ("need\n需求", 23, "left"),
    ("state\n状态", 16, "left"),
    ("linked from\n资源链接", 32, "left"),
    ("people\n志愿者", 6, "right"),
    ("credited\n时间银行", 8, "right"),
    ("link\nms", 4, "right"),
    ("offer\nms", 5, "right"),
)
STATE_STYLES: Final = {"cancelled": "dim", "unmet": "yellow", "published": "yellow", "evaluated": ""}
STATE_WORDS: Final = {
    "evaluated": "evaluated 已评价",
    "confirmed": "confirmed 已确认",
    "cancelled": "cancelled 已取消",
    "unmet": "unmet 未满足",
    "published": "waiting 等待中",
}


def surprises(day: Day, shown: dict[str, dict[str, Any]]) -> list[str]:
    """What did not end as the script says, in words; `shown` is each need as the API shows it, by key."""
    never = [role.key for role in ROLES if role.key not in day.needs]
    found = [f"never published: {', '.join(never)}"] if never else []
    for story in day.needs.values():
        found += _surprises(story.role, story, shown.get(story.role.key, {}))
    return found


def _surprises(role: Role, story: NeedStory, shown: dict[str, Any]) -> Iterator[str]:
    for where, state in (("its events say", story.state), ("the API shows", shown.get("state"))):
        if state != role.ends.state:
            yield f"{role.key}: {where} {state or 'nothing'}, it had to end {role.ends.state}"
    if story.rings != role.ends.rings:
        yield f"{role.key}: linked from {_listed(story.rings)}, it had to be from {_listed(role.ends.rings)}"
    if role.ends.waits and not story.waited(role.ends.waits):
        yield f"{role.key}: never waited for {role.ends.waits} with a reason and a next step"
    if role.ends.state == "published" and not shown.get("waiting"):
        yield f"{role.key}: the API does not show what it waits for"
    if role is DECLINED and not story.in_state("declined"):
        yield f"{role.key}: nobody declined"
    if role.volunteers and role.ends.state == "evaluated":
        served = len(story.in_state("credited"))
        if served != role.volunteers.headcount:
            yield f"{role.key}: {served} of {role.volunteers.headcount} volunteers were credited"


def as_shown(api: Api, day: Day) -> dict[str, dict[str, Any]]:
    """Each need of the script as the API shows it."""
    return {key: api.get(f"/needs/{story.need_id}") for key, story in day.needs.items()}


def table(day: Day) -> Table:
    """A row for each need, for 100 columns."""
    found = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0, header_style="bold")
    for name, width, side in COLUMNS:
        found.add_column(name, width=width, justify=side, no_wrap=True)
    for role in ROLES:
        if story := day.needs.get(role.key):
            found.add_row(*_row(story), style=STATE_STYLES.get(story.state, "bold red"))
    return found


def _row(story: NeedStory) -> list[str]:
    asked = story.role.volunteers
    held = len(story.in_state("accepted", "checked_in", "checked_out", "credited"))
    return [
        story.role.short,
        STATE_WORDS.get(story.state, story.state),
        _linked_from(story),
        f"{held}/{asked.headcount}" if asked else "–",
        _hours(sum(story.credits.values())) if asked else "–",
        _ms(story.link_ms),
        _ms(story.offer_ms),
    ]


def as_json(day: Day) -> list[dict[str, Any]]:
    """The same for scripts; times in milliseconds."""
    return [
        {
            "need": story.role.key,
            "id": story.need_id,
            "title": story.role.title,
            "state": story.state,
            "expected": story.role.ends.state,
            "rings": list(story.rings),
            "headcount": story.role.volunteers.headcount if story.role.volunteers else 0,
            "volunteers": len(story.in_state("accepted", "checked_in", "checked_out", "credited")),
            "minutes_credited": sum(story.credits.values()),
            "first_link_ms": _rounded(story.link_ms),
            "first_offer_ms": _rounded(story.offer_ms),
            "waiting": [part.model_dump() for part in _waiting(story)],
        }
        for role in ROLES
        if (story := day.needs.get(role.key))
    ]


def print_waiting(console: Console, day: Day) -> None:
    """Needs that wait at the end: for what, why, and what happens next (L1)."""
    for story in day.needs.values():
        for part in _waiting(story):
            words = f"{story.role.short} waits for {part.for_what}: {part.reason}. Next: {part.next_step}"
            console.print(Padding(Text(words, "yellow"), (1, 0, 0, 0)))


def _waiting(story: NeedStory) -> list[Any]:
    if story.state != "published":
        return []
    return [*(story.link.waiting if story.link else ()), *(story.staffing.waiting if story.staffing else ())]


def print_laws(console: Console, found: dict[str, list[str]]) -> None:
    """Each law, kept or not, with what breaks it."""
    for law, (words, _) in LAWS.items():
        breaches = found.get(law, [])
        mark = Text("broken", "bold red") if breaches else Text("kept", "bold green")
        console.print(Text.assemble(f"  {law}  ", (f"{words:<24}", "bold"), mark))
        for breach in breaches:
            console.print(Padding(Text(breach, "red"), (0, 0, 0, 6)))


def _listed(names: Iterable[str]) -> str:
    return " + ".join(names) or "nowhere"


def _linked_from(story: NeedStory) -> str:
    if story.link is None:
        return "–"
    if story.link.state == "released":
        return "given back" if story.sources else "nothing found"
    return ", ".join(RING_WORDS[ring] for ring in story.rings) or "nothing yet"


def _hours(minutes: int) -> str:
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02} h"


def _ms(milliseconds: float | None) -> str:
    return "–" if milliseconds is None else f"{milliseconds:.0f}"


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 1)
