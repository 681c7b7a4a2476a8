"""The words about people that belong to a need (需求): answered by the audited query `need_text`, and by nothing else.

Personal Information Protection Law, art. 51 and 55: they are stored sealed, and each read of them is recorded.
"""

from collections.abc import Mapping

from pydantic import Field

from shared.contracts.messages import Answer
from shared.contracts.need_parts import Place
from shared.contracts.stations.needs import OrAbsent


class NeedTextAnswer(Answer):
    """The words in clear. `location` is the exact point; `purposes` holds the use of the money by the line's id."""

    title: str
    location: Place
    purposes: Mapping[str, str] = Field(default_factory=dict)
    cancel_reason: OrAbsent[str] = None
    confirm_note: OrAbsent[str] = None
    evaluation_comment: OrAbsent[str] = None
