"""People served (服务人数): the residents whom confirmed needs name, counted each once, without a name."""

from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.messages import Answer, Instant, Query, query


class ResidentsServedAnswer(Answer):
    """The needs confirmed in an area within a time, and the people whom they served.

    `residents` are those whom the needs name, each once, of merged ids the person. `unidentified` adds up, need by
    need, the beneficiaries beyond those named: attendances and no people, because nobody knows who came twice.
    """

    needs: int
    residents: int
    unidentified: int


@query
class CountResidentsServed(Query[ResidentsServedAnswer]):
    """Count the residents served by needs that were confirmed from `since` on and before `before`.

    An empty area is everywhere. Raises Refused("invalid", "too_many_needs") where more needs were confirmed than one
    question counts.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "CountResidentsServed"
    area: Annotated[str, Field(max_length=12, pattern=r"^[0-9]*$")] = ""
    since: Instant
    before: Instant
