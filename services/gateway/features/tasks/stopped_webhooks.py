"""The webhooks that have stopped, as tasks of their owners. No event tells of them: they are read from their store."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from services.gateway.deliveries.records import Webhook
from services.gateway.features.tasks.view import TaskView, view_of
from services.gateway.projection.feature import Task
from shared.contracts.plain import NextStep, StepCode

STEP: Final[StepCode] = "resume_webhook"
"""The code of the step, by which a list is filtered."""
RESUME_WITHIN: Final = timedelta(days=7)
"""From its stop on: the log of its delivered messages goes back so far."""


def task_of(webhook: Webhook) -> TaskView:
    """Return the task of the owner of a webhook that has stopped."""
    stopped_at = webhook.stopped_at or (webhook.created_at if webhook.last_failure is None else webhook.last_failure.at)
    step = NextStep(code="resume_webhook", due=stopped_at + RESUME_WITHIN)
    return view_of(Task("webhook", webhook.id, webhook.version, webhook.area, f"/v1/webhooks/{webhook.id}", step))


def merge(tasks: Sequence[TaskView], webhooks: Sequence[Webhook], after: tuple[str, str] | None) -> list[TaskView]:
    """Return the tasks and those of the webhooks behind that order and id, in the order of lists."""
    behind = [task for task in map(task_of, webhooks) if after is None or (task.order, task.id) > after]
    return sorted([*tasks, *behind], key=lambda task: (task.order, task.id))
