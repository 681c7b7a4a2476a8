"""The words about people that belong to a need (需求): answered by the audited query `ReadNeedTexts` alone.

Personal Information Protection Law, art. 51 and 55: they are stored sealed, and each read of them is recorded.
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from shared.contracts.messages import Answer, AuditedQuery, Id, query
from shared.contracts.need_parts import OrAbsent, Place


class NeedTextAnswer(Answer):
    """The words in clear. `location` is the exact point; `purposes` holds the use of the money by the line's id."""

    title: str
    location: Place
    purposes: Mapping[str, str] = Field(default_factory=dict)
    cancel_reason: OrAbsent[str] = None
    amend_note: OrAbsent[str] = None
    confirm_note: OrAbsent[str] = None
    evaluation_comment: OrAbsent[str] = None


class NeedTextsAnswer(Answer):
    """The words of needs by the need's id; unknown needs are left out."""

    items: Mapping[str, NeedTextAnswer]


@query
class ReadNeedTexts(AuditedQuery[NeedTextsAnswer]):
    """Read the words about people of at most 200 needs."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadNeedTexts"
    recorded_as: ClassVar[str] = "need_text"
    about: ClassVar[str] = "need_ids"
    need_ids: tuple[Id, ...] = Field(max_length=200)
