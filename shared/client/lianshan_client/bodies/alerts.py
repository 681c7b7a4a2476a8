"""Bodies of alerts: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import Literal, TypedDict

from ..answers.alerts import AlertTreatment, AlertWay


class AnswerAlertBody(TypedDict):
    """Record that the person was reached. Answers AlertShape."""

    way: AlertWay


class ConfirmDismissalBody(TypedDict):
    """Close a critical alert as a false one, which another person has asked for. Answers AlertShape."""


class DismissAlertBody(TypedDict):
    """Close an alert as a false one; of a critical one another person is asked to check it. Answers AlertShape."""

    reason: AlertDismissalAsked


class RejectDismissalBody(TypedDict):
    """Keep a critical alert open that another person holds for a false one. Answers AlertShape."""


class TellFamilyBody(TypedDict):
    """Record that the family was told, which the person's separate consent has to allow. Answers AlertShape."""


class TreatAlertBody(TypedDict):
    """Record that the person was treated; one who was not reached before is reached thereby. Answers AlertShape."""

    treatment: AlertTreatment


AlertDismissalAsked = Literal["measured_wrongly", "entered_wrongly", "another_person", "known_and_treated"]
