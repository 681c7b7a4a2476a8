"""Care plans (照护计划), at `/v1/plans`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.plans import (
    EditPlan,
    EndPlan,
    PausePlan,
    PlanChanged,
    PlanEdited,
    PlanEnded,
    PlanOverdue,
    PlanPaused,
    PlanRegistered,
    PlanResumed,
    PlanShape,
    RegisterPlan,
    ResumePlan,
)

FEATURE: Final = plain_feature(
    "plans",
    path="plans",
    noun="plan",
    shape=PlanShape,
    events=(PlanRegistered, PlanEdited, PlanPaused, PlanResumed, PlanEnded, PlanChanged, PlanOverdue),
    create=RegisterPlan,
    actions={"edit": EditPlan, "pause": PausePlan, "resume": ResumePlan, "end": EndPlan},
    filters=("station_id", "theme", "state", "running_out"),
    counted=("state", "theme"),
    example={
        "station_id": "station_00k3v9x2a4b5c6d7e8f9",
        "theme": "elderly_care",
        "starts_on": "2030-05-01",
        "ends_on": "2030-12-31",
        "recurrence": "FREQ=WEEKLY;BYDAY=TU",
        "visit_time": "09:30",
        "minutes": 60,
        "days_off": "move",
        "visitors": {"headcount": 1, "skills": ["first_aid"]},
    },
)
