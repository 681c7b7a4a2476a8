"""The bodies of requests about results. Values are personal data: they stand in a body and never in a URL."""

from typing import Final

from pydantic import ConfigDict, Field

from shared.contracts.catalogue.entries import Code
from shared.contracts.messages import Id, Instant, Message
from shared.contracts.stations.indicators import Number
from shared.contracts.stations.results import MeasuredValue, ResultCorrection, Sex
from shared.contracts.stations.screenings import MOST_INDICATORS

_MEASURED: Final = "When they were measured, within the screening; by default now, at its end at the latest."
_SEX: Final = "Of the person, where the record has no identity number and a threshold asks for it. Not kept."


class ResultsIn(Message):
    """The values of one resident, each of another indicator of the screening."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "resident_id": "resident_00k3v9x2a4b5c6d7e8f9",
                    "results": [
                        {"indicator": "systolic_pressure", "measured": 186},
                        {"indicator": "fasting_glucose", "measured": 58},
                        {"indicator": "lives_alone", "chosen": "yes"},
                    ],
                }
            ]
        }
    )

    resident_id: Id
    sex: Sex | None = Field(default=None, description=_SEX)
    measured_at: Instant | None = Field(default=None, description=_MEASURED)
    results: tuple[MeasuredValue, ...] = Field(
        min_length=1, max_length=MOST_INDICATORS, description="A value of each indicator. Personal data."
    )


class ResultCorrectionIn(Message):
    """The value that stands from now on, and why it is another one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"measured": 168, "correction": "measured_wrongly"}]})

    measured: Number | None = Field(default=None, description="The number in the smallest step. Personal data.")
    chosen: Code | None = Field(default=None, description="The code of the choice, or yes or no. Personal data.")
    sex: Sex | None = Field(default=None, description=_SEX)
    correction: ResultCorrection = Field(description="Why the value is another one.")
