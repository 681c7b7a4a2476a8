"""Checks of the gateway's views: how far they are behind the feed, and the events that they could not apply."""

from collections.abc import Iterator
from typing import Final

from deploy.lianshan.doctor.finding import Finding, Platform
from deploy.lianshan.pauses import find_paused
from deploy.lianshan.views import ViewReport, report, report_partitions

BEHIND: Final = 5_000
"""Events behind the feed from which on a view counts as late: some seconds of the measured peak."""
_CHECK: Final = "views"


def check_views(platform: Platform) -> Iterator[Finding]:
    """Yield the views that are late, cannot be read yet or have skipped events, and partitions without a worker."""
    found = report(platform.stores)
    paused = any(pause.service == "gateway" for pause in find_paused(platform.stores))
    wrong = [finding for view in found for finding in judge(view, paused=paused)]
    if found and not paused and any(not part.holder for part in report_partitions(platform.stores, found[0].view)):
        todo = "see that a replica of gateway-projector runs, and its log for views_wait"
        wrong.append(Finding(_CHECK, "failed", "parts of the feed have no worker: lists stand still", todo))
    yield from wrong or [Finding(_CHECK, "ok", f"all {len(found)} follow the feed")]


def judge(view: ViewReport, *, paused: bool) -> Iterator[Finding]:
    """Yield the findings about one view."""
    if view.skipped:
        words = f"{view.view} goes on without {view.skipped} events that it could not apply"
        todo = f"see view_skips_event in the projector's log, repair the cause, then lianshan views rebuild {view.view}"
        yield Finding(_CHECK, "failed", words, todo)
    if not view.live:
        words = f"{view.view} is built for the first time, {view.to_follow} events to follow: its lists answer 503"
        yield Finding(_CHECK, "warning", words, f"wait, and see lianshan views show {view.view}")
    elif view.behind > BEHIND:
        words = f"{view.view} is {view.behind} events behind the feed"
        todo = "lianshan resume gateway" if paused else f"lianshan views show {view.view}; add a gateway-projector"
        yield Finding(_CHECK, "warning" if paused else "failed", words, todo)
