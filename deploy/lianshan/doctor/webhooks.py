"""Checks of the webhooks: each active one has a worker and follows the feed, and those that have stopped are known."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from deploy.lianshan.doctor.finding import Finding, Platform
from services.gateway.declaration import WebhookReport, report_webhooks
from shared.contracts.reasons import reason

BEHIND: Final = 5_000
"""Events behind the feed from which on a webhook counts as late, as in the alert."""
FAILING_FOR: Final = timedelta(hours=1)
_CHECK: Final = "webhooks"


def check_webhooks(platform: Platform) -> Iterator[Finding]:
    """Yield the webhooks that nobody delivers, that are late, whose endpoints fail, and that have stopped."""
    now = platform.clock.machine()
    yield from judge(report_webhooks(platform.store("gateway"), behind=BEHIND, failing_for=FAILING_FOR, now=now))


def judge(found: WebhookReport) -> Iterator[Finding]:
    """Yield the findings about the webhooks. An endpoint that fails is its owner's to mend, and only warned of."""
    wrong = []
    if found.unheld:
        without = reason("webhooks_without_worker", count=found.unheld)
        wrong.append(Finding(_CHECK, "failed", without, reason("see_webhook_worker")))
    for webhook, behind in found.late.items():
        late = reason("webhook_behind", webhook=webhook, count=behind)
        wrong.append(Finding(_CHECK, "failed", late, reason("see_webhook_worker")))
    waiting = []
    if found.failing:
        waiting.append(reason("webhooks_failing", count=found.failing))
    if found.stopped:
        waiting.append(reason("webhooks_stopped", count=found.stopped))
    wrong += [Finding(_CHECK, "warning", one, reason("tell_webhook_owners")) for one in waiting]
    yield from wrong or [Finding(_CHECK, "ok", reason("webhooks_follow", count=found.active))]
