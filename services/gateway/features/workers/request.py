"""The body of a search for a social worker. Personal data stands in a body and never in a URL."""

from pydantic import ConfigDict, model_validator

from services.gateway.features.people.request import Why, refuse_name
from shared.contracts.stations.worker_queries import WorkerLookUp


class WorkerLookUpIn(WorkerLookUp):
    """A name, a telephone, or the number of a certificate; and the reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "13800138002", "why": "a call about a visit"}]})

    why: Why

    @model_validator(mode="after")
    def _keeps_the_name_out(self) -> "WorkerLookUpIn":
        refuse_name(self.why, self.name)
        return self
