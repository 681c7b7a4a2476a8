"""The rules about residents that a city may decide."""

from shared.engine import Policy


class ResidentsPolicy(Policy):
    """The handling of the data of residents."""

    resident_needs_consent: bool = False
    """Whether nobody is registered without consent to the record (PIPL, art. 13). An identity number needs it in
    any case (art. 29).
    """
