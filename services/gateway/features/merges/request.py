"""The bodies of a merge and of its undoing; the path names the id, `If-Match` its version."""

from pydantic import ConfigDict, Field

from shared.contracts.merging import MergeReason, UnmergeReason
from shared.contracts.messages import Id, Message


class MergeIn(Message):
    """The id that stands for both from now on, its version as it was seen, and the reason."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"into_id": "vol_00k3v9x2a4b5c6d7e8f9", "reason_code": "registered_twice"}]}
    )

    into_id: Id
    expected_into_version: int | None = Field(default=None, description="The version of `into_id` as it was seen.")
    reason_code: MergeReason = "registered_twice"


class UnmergeIn(Message):
    """The reason to part the ids again."""

    reason_code: UnmergeReason
