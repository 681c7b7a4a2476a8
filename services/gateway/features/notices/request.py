"""Bodies of requests about notices."""

from pydantic import ConfigDict, Field

from shared.contracts.messages import Message
from shared.contracts.volunteering.notices import NoticeLanguage


class NoticeChoiceIn(Message):
    """Whether a volunteer is sent notices, and in which language."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"wanted": True, "language": "zh"}]})

    wanted: bool = Field(description="Where false, the station calls about offers instead.")
    language: NoticeLanguage | None = Field(default=None, description="The city's where it is null.")
