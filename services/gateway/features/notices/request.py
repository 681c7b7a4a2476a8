"""Bodies of requests about notices."""

from pydantic import ConfigDict, Field

from shared.contracts.messages import Id, Message
from shared.contracts.volunteering.notices import NoticeFailure, NoticeLanguage, NoticeOutcome


class NoticeChoiceIn(Message):
    """Whether a volunteer is sent notices, and in which language."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"wanted": True, "language": "zh"}]})

    wanted: bool = Field(description="Where false, the station calls about offers instead.")
    language: NoticeLanguage | None = Field(default=None, description="The city's where it is null.")


class NoticeReportIn(Message):
    """A report whether the telephone got a notice."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "notice_id": "ntc_dsp_need_00k3v9x2a4b5c6d7e8f9.0.offer",
                    "outcome": "undelivered",
                    "cause": "switched_off",
                }
            ]
        }
    )

    notice_id: Id = Field(description="`data.id` of the notice, as the message gateway got it.")
    outcome: NoticeOutcome = Field(description="Whether the telephone got the notice.")
    cause: NoticeFailure | None = Field(
        default=None, description="Why not: `other` where it is null. Only beside `undelivered`."
    )
