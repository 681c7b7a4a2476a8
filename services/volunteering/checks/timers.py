"""The timer of an identity check."""

from typing import ClassVar

from shared.engine.reminders import Due


class CheckDue(Due):
    """The deadline of an identity check has come."""

    type: ClassVar[str] = "volunteering.check_due"
