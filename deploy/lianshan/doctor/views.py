"""Checks of the gateway's views: how far they are behind the feed, and the events that they could not apply."""

from collections.abc import Iterator
from typing import Final

from deploy.lianshan.doctor.finding import Finding, Platform
from deploy.lianshan.pauses import GATEWAY, PROJECTOR, find_paused
from deploy.lianshan.views import ViewReport, report, report_partitions
from shared.contracts.reasons import reason

BEHIND: Final = 5_000
"""Events behind the feed from which on a view counts as late: some seconds of the measured peak."""
_CHECK: Final = "views"


def check_views(platform: Platform) -> Iterator[Finding]:
    """Yield the views that are late, cannot be read yet or have skipped events, and partitions without a worker."""
    found = report(platform.stores)
    paused = any(pause.service == GATEWAY for pause in find_paused(platform.stores))
    wrong = [finding for view in found for finding in judge(view, paused=paused)]
    if found and not paused and any(not part.holder for part in report_partitions(platform.stores, found[0].view)):
        wrong.append(Finding(_CHECK, "failed", reason("feed_without_worker"), reason("see_projector")))
    yield from wrong or [Finding(_CHECK, "ok", reason("views_follow", count=len(found)))]


def judge(view: ViewReport, *, paused: bool) -> Iterator[Finding]:
    """Yield the findings about one view."""
    if view.skipped:
        skipping = reason("view_skipped_events", view=view.view, count=view.skipped)
        yield Finding(_CHECK, "failed", skipping, reason("repair_and_rebuild", view=view.view))
    if not view.live:
        first = reason("view_first_built", view=view.view, count=view.to_follow)
        yield Finding(_CHECK, "warning", first, reason("wait_for_view", view=view.view))
    elif view.behind > BEHIND:
        behind = reason("view_behind", view=view.view, count=view.behind)
        if paused:
            yield Finding(_CHECK, "warning", behind, reason("resume_service", service=PROJECTOR))
        else:
            yield Finding(_CHECK, "failed", behind, reason("add_projector", view=view.view))
