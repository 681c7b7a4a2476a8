"""The queries about needs, but for that of the words about people: `need_text`."""

from typing import ClassVar

from shared.contracts.messages import Id, Query, query
from shared.contracts.stations.need_answers import NeedAnswer


@query
class ReadNeed(Query[NeedAnswer | None]):
    """Read a need with the parts of its triage score."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadNeed"
    need_id: Id
