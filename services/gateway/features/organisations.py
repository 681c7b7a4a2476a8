"""Organisations (机构): the partners of the city's social work, at `/v1/organisations`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.organisations import (
    ChangeOrganisation,
    EndOrganisation,
    OrganisationChanged,
    OrganisationEnded,
    OrganisationRegistered,
    OrganisationResumed,
    OrganisationShape,
    OrganisationSuspended,
    QualificationChanged,
    RegisterOrganisation,
    ResumeOrganisation,
    SuspendOrganisation,
    SuspensionOverdue,
)

FEATURE: Final = plain_feature(
    "organisations",
    path="organisations",
    noun="organisation",
    shape=OrganisationShape,
    events=(
        OrganisationRegistered, OrganisationChanged, OrganisationSuspended, OrganisationResumed, OrganisationEnded,
        QualificationChanged, SuspensionOverdue,
    ),
    create=RegisterOrganisation,
    actions={
        "change": ChangeOrganisation,
        "suspend": SuspendOrganisation,
        "resume": ResumeOrganisation,
        "end": EndOrganisation,
    },
    filters=("kind", "state", "roles", "areas", "credit_code", "may_fundraise"),
    counted=("kind", "state"),
    example={
        "name": "榆树馆社区服务中心",
        "credit_code": "52110102MJ0123456B",
        "kind": "social_service_institution",
        "roles": ["social_organisation"],
        "area": "110102009",
        "areas": ["110102009017"],
    },
)  # fmt: skip
