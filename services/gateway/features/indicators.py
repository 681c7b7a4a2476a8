"""Indicators of risk (筛查指标), at `/v1/indicators`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.indicators import (
    DefineIndicator,
    IndicatorDefined,
    IndicatorRetired,
    IndicatorRevised,
    IndicatorShape,
    RetireIndicator,
    ReviseIndicator,
)

FEATURE: Final = plain_feature(
    "indicators",
    path="indicators",
    noun="indicator",
    shape=IndicatorShape,
    events=(IndicatorDefined, IndicatorRevised, IndicatorRetired),
    create=DefineIndicator,
    actions={"revise": ReviseIndicator, "retire": RetireIndicator},
    filters=("code", "kind", "state"),
    counted=("state", "kind"),
    example={
        "area": "110102",
        "code": "resting_pulse",
        "zh": "静息心率",
        "en": "resting pulse",
        "kind": "number",
        "unit": "次/分",
        "least": 20,
        "most": 250,
        "thresholds": [
            {"severity": "watch", "at_least": 100},
            {"severity": "high", "at_least": 130},
            {"severity": "critical", "at_most": 40},
        ],
        "theme": "health",
        "service": "medical_consultation",
        "source": "National Early Warning Score 2, Royal College of Physicians, 2017",
    },
)
