"""A webhook that has stopped is a task of its owner, in its place among the others."""

from datetime import timedelta
from typing import Any

import pytest
from webhook_town_in_memory import NOON, webhook

from services.gateway.deliveries.records import Webhook, attempt_failure
from services.gateway.features.tasks.stopped_webhooks import RESUME_WITHIN, merge, task_of
from services.gateway.features.tasks.view import TaskView, view_of
from services.gateway.projection.feature import Task
from shared.contracts.plain import NextStep


def stopped(name: str, day: int) -> Webhook:
    more: dict[str, Any] = {"id": name, "state": "disabled", "stopped_at": NOON + timedelta(days=day)}
    return webhook(0).model_copy(update=more)


def task(name: str, day: int | None) -> TaskView:
    due = None if day is None else NOON + RESUME_WITHIN + timedelta(days=day)
    return view_of(Task("need", name, 1, "110102009", f"/v1/needs/{name}", NextStep(code="confirm_need", due=due)))


def test_it_is_due_a_week_after_it_has_stopped() -> None:
    found = task_of(stopped("webhook_1", 1))
    assert (found.kind, found.code, found.path) == ("webhook", "resume_webhook", "/v1/webhooks/webhook_1")
    assert found.due == "2026-03-10T12:00:00.000Z"


@pytest.mark.parametrize("failed", [True, False])
def test_one_that_a_former_release_has_stopped_counts_from_its_last_failure_or_its_beginning(failed: bool) -> None:
    last = attempt_failure("webhook_refused", NOON + timedelta(days=2)) if failed else None
    former = webhook(0).model_copy(update={"state": "ended", "last_failure": last})
    assert task_of(former).due == ("2026-03-11T12:00:00.000Z" if failed else "2026-03-09T12:00:00.000Z")


def test_pages_show_each_task_and_webhook_once_the_longest_overdue_first() -> None:
    tasks = [task("need_1", 0), task("need_2", 2), task("need_3", 2), task("need_4", None)]
    webhooks = [stopped("webhook_1", 3), stopped("webhook_2", -1), stopped("webhook_3", 2)]
    seen: list[str] = []
    after: tuple[str, str] | None = None
    while True:
        behind = [each for each in tasks if after is None or (each.order, each.id) > after][:3]
        page = merge(behind, webhooks, after)[:2]
        if not page:
            break
        seen += [each.id for each in page]
        after = (page[-1].order, page[-1].id)
    assert seen == ["webhook_2", "need_1", "need_2", "need_3", "webhook_3", "webhook_1", "need_4"]
