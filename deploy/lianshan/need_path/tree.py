"""The path of a need as a tree to print, for people."""

from collections.abc import Sequence
from datetime import timedelta

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from deploy.lianshan.need_path.facts import DispatchFacts
from deploy.lianshan.need_path.path import ASKED, Origin, Path, Step
from deploy.lianshan.need_path.reasons import describe_score, describe_waiting, word_reason
from shared.words import Wording


def render_tree(path: Path, words: Wording) -> RenderableType:
    """Return the whole path, to print."""
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
    trees = [_render_origin(path, origin, words) for origin in path.origins]
    return Group(*lines, *trees, *waits, *_render_dispatches(path, words), *notes)


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


# A tree cuts its lines at the width of the output, also where all other lines may be longer: its texts are folded.
def _render_origin(path: Path, origin: Origin, words: Wording) -> Tree:
    first = origin.steps[0]
    # The request itself has no event: of its part the beginning of the path is the time.
    at = path.began if first.since_began == first.after_cause and path.began else first.at
    tree = Tree(
        Text.assemble(
            (words.term("trace", origin.kind), "bold"), f" {origin.id[:48]}  {at:%Y-%m-%d %H:%M:%S}",
            (f"  {words.term('trace', 'trace')} {first.trace_id}" if first.trace_id else "", "dim"),
            no_wrap=False, overflow="fold",
        ),
        guide_style="dim",
    )  # fmt: skip
    _add_steps(tree, origin.steps, words)
    return tree


def _add_steps(tree: Tree, steps: Sequence[Step], words: Wording) -> None:
    for step in steps:
        after = "" if step.after_cause is None else f"  +{format_span(step.after_cause)}"
        at = f"  {words.term('trace', 'at')} {format_span(step.since_began)}"
        label = Text.assemble(
            (step.type, "cyan"), (after, "green"), (at, "dim"),
            no_wrap=False, overflow="fold",
        )  # fmt: skip
        label.append("".join(f"\n{reason}" for reason in step.reasons))
        _add_steps(tree.add(label), step.next, words)


def _render_dispatches(path: Path, words: Wording) -> list[Text]:
    rows = [_render_dispatch(d, words) for d in path.dispatches]
    return [Text("\n".join([words.term("thing", "dispatch"), *rows]))] if rows else []


def _render_dispatch(dispatch: DispatchFacts, words: Wording) -> str:
    state = words.term("dispatch_state", dispatch["state"])
    return f"  {dispatch['id']}  {state}  {dispatch['volunteer_id']}  {word_reason(dispatch['why'], words)}"
