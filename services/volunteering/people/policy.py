"""The rules about people that a city may decide."""

from pydantic import Field

from shared.engine import Policy


class PeoplePolicy(Policy):
    """The handling of the data of volunteers."""

    matching_needs_consent: bool = False
    """Whether a volunteer who is registered without consent to be matched is found by no search (PIPL, art. 13)."""

    inactive_volunteer_days: int = Field(default=1096, ge=365, le=36_500)
    """Days without an answer, a service or a consent after which a volunteer's data is erased (PIPL, art. 19)."""
