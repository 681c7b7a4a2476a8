"""The path of a need as a tree to print, for people."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from rich.text import Text

from deploy.lianshan.need_path.facts import DispatchFacts
from deploy.lianshan.need_path.path import ASKED, Origin, Path, Step
from deploy.lianshan.need_path.reasons import describe_score, describe_waiting, word_reason
from shared.words import Wording


def render_tree(path: Path, words: Wording) -> list[Text]:
    """Return the lines of the whole path. None is cut: ids and reasons are as long as they are."""
    need = path.need
    # Text and not strings: a reason with square brackets is no markup.
    head = Text.assemble(
        (need["id"], "bold"),
        f"  {words.term('need_state', need['state'])} · ",
        words.term("urgency", need["urgency"]),
        f" · {need['area']}",
    )
    lines = [head, Text(describe_score(need, words))]
    if path.stages:
        lines.append(Text(" · ".join(_describe_stage(*stage, words) for stage in path.stages)))
    waits = [Text(describe_waiting(w, words)) for w in need["waiting"]]
    notes = [Text(f"{words.term('trace', 'note')}: {note}", style="yellow") for note in path.notes]
    trees = [line for origin in path.origins for line in _render_origin(path, origin, words)]
    return [*lines, *trees, *waits, *_render_dispatches(path, words), *notes]


def format_span(span: timedelta) -> str:
    """Return a duration in the unit that fits it: ms, s, min, h or d."""
    seconds = span.total_seconds()
    if abs(seconds) < 1:
        return f"{seconds * 1000:.0f} ms"
    for limit, unit, size in ((120, "s", 1), (7200, "min", 60), (172_800, "h", 3600)):
        if abs(seconds) < limit:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 86_400:.1f} d"


def _describe_stage(before: str, after: str, took: timedelta, words: Wording) -> str:
    begun = words.term("trace", before) if before == ASKED else words.term("need_state", before)
    return f"{begun} → {words.term('need_state', after)} {format_span(took)}"


def _render_origin(path: Path, origin: Origin, words: Wording) -> list[Text]:
    first = origin.steps[0]
    # The request itself has no event: of its part the beginning of the path is the time.
    at = path.began if first.since_began == first.after_cause and path.began else first.at
    head = Text.assemble(
        (words.term("trace", origin.kind), "bold"), f" {origin.id}  {at:%Y-%m-%d %H:%M:%S}",
        (f"  {words.term('trace', 'trace')} {first.trace_id}" if first.trace_id else "", "dim"),
    )  # fmt: skip
    return [head, *_render_steps(origin.steps, "", words)]


def _render_steps(steps: Sequence[Step], guides: str, words: Wording) -> Iterator[Text]:
    """Yield the lines of the steps, and beneath each those that it caused; `guides` stand before every line."""
    for nth, step in enumerate(steps, 1):
        branch, below = ("└── ", "    ") if nth == len(steps) else ("├── ", "│   ")
        after = "" if step.after_cause is None else f"  +{format_span(step.after_cause)}"
        at = f"  {words.term('trace', 'at')} {format_span(step.since_began)}"
        yield Text.assemble((guides + branch, "dim"), (step.type, "cyan"), (after, "green"), (at, "dim"))
        for reason in step.reasons:
            yield Text.assemble((guides + below, "dim"), reason)
        yield from _render_steps(step.next, guides + below, words)


def _render_dispatches(path: Path, words: Wording) -> list[Text]:
    rows = [_render_dispatch(d, words) for d in path.dispatches]
    return [Text("\n".join([words.term("thing", "dispatch"), *rows]))] if rows else []


def _render_dispatch(dispatch: DispatchFacts, words: Wording) -> str:
    state = words.term("dispatch_state", dispatch["state"])
    return f"  {dispatch['id']}  {state}  {dispatch['volunteer_id']}  {word_reason(dispatch['why'], words)}"
