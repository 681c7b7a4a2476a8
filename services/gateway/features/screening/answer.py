"""Answers about screening."""

from pydantic import Field

from services.gateway.http.answers import Answer
from shared.contracts.stations.indicators import IndicatorInForce
from shared.contracts.stations.results import ReadResult, ResultAnswer


class IndicatorsInForce(Answer):
    """A page of the indicators that count in an area, by code."""

    items: list[IndicatorInForce]
    next: str | None = Field(description="Give it as `after` for the page that follows; null on the last.")


class ResultsRecorded(Answer):
    """The results of a resident in a screening, as they were judged."""

    screening_id: str
    items: list[ResultAnswer]


class ResultsOfResident(Answer):
    """The results of a resident with their values, the newest first. Personal data; the read is recorded."""

    items: list[ReadResult]
    next: str | None = Field(description="Give it as `before` for the page that follows; null on the last.")
    withheld: bool = Field(
        description="true where the resident does not consent to be screened, as after the end of the consent: those "
        "of open alerts alone are shown, the others again once it is given."
    )


class PersonOfAlert(Answer):
    """The person whom an alert is about. The read is recorded."""

    id: str
    resident_id: str
    result_id: str | None = Field(description="The result that has raised the alert; null where it was deleted.")


class AlertTimes(Answer):
    """The times of the alerts of one severity. A percentile is the upper bound of its class, in minutes."""

    severity: str = Field(description="The severity of the alerts.")
    alerts: int = Field(description="The number of alerts.")
    answered: int = Field(description="Those whose person was reached.")
    answered_p50: int | None = Field(description="Minutes in which half of those were reached.")
    answered_p90: int | None = Field(description="Minutes in which nine in ten of those were reached.")
    treated: int = Field(description="Those whose person was treated.")
    treated_p50: int | None = Field(description="Minutes in which half of those were treated.")
    treated_p90: int | None = Field(description="Minutes in which nine in ten of those were treated.")


class TimesAnswer(Answer):
    """The times to answer and to treat the alerts of an area, by severity."""

    items: list[AlertTimes]
