"""Bodies of funds: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class OpenFund(TypedDict):
    """Open the fund of a community, a street, a district or a city. Answers FundAnswer."""

    area: str
    name: str
    external_id: NotRequired[str | None]
