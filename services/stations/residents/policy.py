"""The rules about residents that a city may decide."""

from datetime import timedelta

from pydantic import Field

from shared.engine import Policy


class ResidentsPolicy(Policy):
    """The handling of the data of residents."""

    resident_needs_consent: bool = False
    """Whether nobody is registered without consent to the record (PIPL, art. 13). An identity number needs it in
    any case (art. 29).
    """

    relation_replace_days: int = Field(default=7, ge=1, le=90)
    """Days after the death of a carer, an emergency contact or a guardian in which a station finds somebody else."""

    @property
    def replace_time(self) -> timedelta:
        """`relation_replace_days` as a span of time."""
        return timedelta(days=self.relation_replace_days)
