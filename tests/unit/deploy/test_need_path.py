"""The path of a need, told from its events."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from deploy.lianshan.need_path.facts import Facts
from deploy.lianshan.need_path.path import Step, find_path
from deploy.lianshan.need_path.tree import format_span, render_tree
from shared.engine.decide.unit_of_work import make_id, time_of_id
from shared.words import Wording

EN = Wording("en")

ASKED = datetime(2030, 1, 1, 8, 0, tzinfo=UTC)
NEED = make_id("need", ASKED, "seed")
TRACE = "0af7651916cd43dd8448eb211c80319c"
LINE = {"id": "l1", "kind": "goods", "item": "quilt", "unit": "piece", "requested": 10}
GAVE_ALL = {"code": "gave_all_missing", "args": {"gave": 6, "commodity": "goods:quilt"}}
NOBODY = {"code": "nobody_near_enough", "args": {}}
STATION = {"ring": "station", "gave": 4, "reasons": [{"code": "city_has_none", "args": {}}], "line_id": "l1"}
STREET = {
    "ring": "street",
    "gave": 6,
    "reasons": [{"code": "gave_all_missing", "args": {"gave": 6, "commodity": "goods:quilt"}}],
    "line_id": "l1",
}


def event(cursor: int, source: str, kind: str, version: int, cause: str, *, after: int, **data: Any) -> dict[str, Any]:
    """`after` in milliseconds since the gateway was asked."""
    said = {
        "id": f"{NEED}.{version}.0", "source": source, "type": kind, "causationid": cause, "subject": NEED,
        "time": (ASKED + timedelta(milliseconds=after)).isoformat(), "traceparent": f"00-{TRACE}-{'1' * 16}-00",
        "data": data,
    }  # fmt: skip
    return {"cursor": cursor, "event": said}


def need_said(cursor: int, kind: str, version: int, cause: str, *, after: int, state: str) -> dict[str, Any]:
    data = {"state": state, "score": 52, "lines": [LINE], "committed": [10] if state == "ready" else []}
    return event(cursor, "/stations/need", f"stations.need.{kind}", version, cause, after=after, **data)


def linked(cursor: int, version: int, cause: str, after: int, *tried: dict[str, Any]) -> dict[str, Any]:
    data = {"state": "partial", "tried": list(tried), "sources": [], "waiting": []}
    return event(cursor, "/charity/link", "charity.link.linked", version, cause, after=after, **data)


STAFFED = event(
    3, "/volunteering/staffing", "volunteering.staffing.confirmed", 1, f"/stations/need#{NEED}.1.0", after=30,
    state="staffed", confirmed=1, headcount=1, offered=0, tried=[], waiting=[],
    changed=[{"volunteer_id": "volunteer_7", "state": "accepted", "wave": 1, "ring": "community", "why": NOBODY}],
)  # fmt: skip
STORY = [
    need_said(1, "published", 1, "the-command", after=8, state="published"),
    linked(2, 1, f"/stations/need#{NEED}.1.0", 20, STATION),
    STAFFED,
    linked(4, 2, "the-donation", 5000, STATION, STREET),
    need_said(5, "ready", 2, f"/charity/link#{NEED}.2.0", after=5010, state="ready"),
]


def known(items: list[dict[str, Any]]) -> Facts:
    need = {
        "id": NEED, "state": "ready", "area": "110102009017", "urgency": "high", "score": 52, "lines": [LINE],
        "score_parts": {"severity": 32, "urgency": 20}, "waiting": [], "title": "Rice for the Example family",
        "timeline": [{}] * len(items),
    }  # fmt: skip
    return Facts(need, items, [])


def flat(steps: list[Step]) -> list[str]:
    return [name for step in steps for name in (step.type, *flat(step.next))]


def test_what_followed_hangs_beneath_what_caused_it() -> None:
    first, second = find_path(known(STORY), EN).origins
    assert (first.kind, flat(first.steps)) == (
        "command", ["stations.need.published", "charity.link.linked", "volunteering.staffing.confirmed"],
    )  # fmt: skip
    assert (second.id, flat(second.steps)) == ("the-donation", ["charity.link.linked", "stations.need.ready"])


def test_the_tree_is_the_same_in_whatever_order_the_events_came() -> None:
    cursors = dict(zip(range(1, 6), (4, 2, 5, 1, 3), strict=True))
    shuffled = [{**item, "cursor": cursors[item["cursor"]]} for item in reversed(STORY)]
    assert [flat(o.steps) for o in find_path(known(shuffled), EN).origins] == [
        flat(o.steps) for o in find_path(known(STORY), EN).origins
    ]


def test_each_step_says_how_long_after_its_cause_it_came_and_the_first_how_long_after_the_request() -> None:
    published = find_path(known(STORY), EN).origins[0].steps[0]
    assert published.after_cause == timedelta(milliseconds=8)
    assert [step.after_cause for step in published.next] == [timedelta(milliseconds=ms) for ms in (12, 22)]
    assert find_path(known(STORY), EN).stages == [
        ("asked", "published", timedelta(milliseconds=8)),
        ("published", "ready", timedelta(milliseconds=5002)),
    ]


def test_reasons_are_told_once() -> None:
    text = printed(STORY)
    assert "triage score 52 = severity 32 + urgency 20" in text
    assert text.count("own station 4: no station or fund of the city has any left") == 1
    assert "quilt (piece) · street 6: gave all that was missing: 6 piece quilt" in text
    assert "volunteer_7 accepted (#1): no volunteer near enough lives there" in text
    assert "quilt (piece): 10/10" in text


def test_the_path_is_told_in_chinese_too() -> None:
    text = printed(STORY, words=Wording("zh"))
    assert "分诊得分 52 = 严重程度 32 + 紧急程度 20" in text
    assert "本站 4: 全市的社工站和社区基金均无剩余" in text
    assert "volunteer_7 已接受" in text
    assert "提交 → 已发布 8 ms · 已发布 → 已就绪" in text
    assert "命令 " in text
    assert " at " not in text
    assert "asked" not in text


def test_nothing_about_people_is_printed() -> None:
    assert "Example" not in printed(STORY)
    assert "Example" not in str(find_path(known(STORY), EN).to_json())


def test_a_reminder_and_an_event_about_something_else_are_named_as_origins() -> None:
    items = [linked(1, 1, "timer:recheck:2030", 5, STATION), linked(2, 2, "/charity/donation#d.1.0", 9, STREET)]
    assert [origin.kind for origin in find_path(known(items), EN).origins] == ["reminder", "event"]


def test_a_need_without_any_event_has_no_path_yet() -> None:
    path = find_path(known([]), EN)
    assert (path.began, path.origins, path.stages) == (None, [], [])
    assert NEED in printed([])


def test_words_that_look_like_markup_are_printed_as_they_are() -> None:
    item = linked(
        1, 1, "c", 5, {**STATION, "reasons": [{"code": "linked_from", "args": {"rings": "[bold]none[/bold]"}}]}
    )
    assert "[bold]none[/bold]" in printed([item])


def test_a_narrow_output_folds_the_reasons_and_cuts_nothing() -> None:
    reason = "x" * 150 + "end"
    item = linked(1, 1, "c", 5, {**STATION, "reasons": [{"code": "linked_from", "args": {"rings": reason}}]})
    shown = printed([item], width=60)
    assert shown.count("x") >= reason.count("x")
    assert "end" in shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.041, "41 ms"), (3.21, "3.2 s"), (600, "10.0 min"), (10_800, "3.0 h"), (400_000, "4.6 d")],
)
def test_durations_are_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert format_span(timedelta(seconds=seconds)) == words


def test_an_id_tells_when_it_was_asked_for() -> None:
    assert time_of_id(NEED) == ASKED
    assert [time_of_id(text) for text in ("need_1", "", "need_" + "u" * 20, "need_" + "0" * 21)] == [None] * 4


def printed(items: list[dict[str, Any]], width: int = 400, words: Wording = EN) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        for line in render_tree(find_path(known(items), words), words):
            console.print(line, soft_wrap=True)
    return capture.get()
