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

    ended_resident_days: int = Field(default=1096, ge=365, le=36_500)
    """Days after the end of the care for which a resident's data is kept (PIPL, art. 19; Civil Code, art. 188)."""

    resident_place_days: int = Field(default=14, ge=1, le=90)
    """Days after the closing of a station without a successor in which its residents are to have another one."""

    @property
    def place_time(self) -> timedelta:
        """`resident_place_days` as a span of time."""
        return timedelta(days=self.resident_place_days)

    @property
    def replace_time(self) -> timedelta:
        """`relation_replace_days` as a span of time."""
        return timedelta(days=self.relation_replace_days)
