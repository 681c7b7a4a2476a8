"""Names for the enumerations of indicators, screenings, results and alerts."""

from collections.abc import Mapping
from typing import Any, Final

from shared.contracts.stations.alerts import AlertState, AnswerWay, Dismissal, DismissalAsked, FamilyState, Treatment
from shared.contracts.stations.indicators import IndicatorKind, IndicatorState
from shared.contracts.stations.results import ResultCorrection, Sex
from shared.contracts.stations.screenings import ScreeningCancellation, ScreeningCancelledFor, ScreeningState

OF_SCREENING: Final[Mapping[str, tuple[Any, str]]] = {
    "AlertDismissal": (Dismissal, "Why an alert is a false one."),
    "AlertDismissalAsked": (DismissalAsked, "Why somebody holds an alert for a false one."),
    "AlertState": (AlertState, "The state of an alert."),
    "AlertTreatment": (Treatment, "How the person of an alert was treated."),
    "AlertWay": (AnswerWay, "How the person of an alert was reached."),
    "FamilyState": (FamilyState, "Whether the family may know of an alert, and knows."),
    "ResultCorrection": (ResultCorrection, "Why a result is another one."),
    "ScreeningCancellation": (ScreeningCancellation, "Why a screening is not held."),
    "ScreeningCancelledFor": (ScreeningCancelledFor, "Why a screening was not held."),
    "ScreeningState": (ScreeningState, "The state of a screening."),
    "Sex": (Sex, "The sex of a person, as thresholds ask."),
    "IndicatorKind": (IndicatorKind, "The kind of the values of an indicator."),
    "IndicatorState": (IndicatorState, "Whether an indicator is used."),
}
