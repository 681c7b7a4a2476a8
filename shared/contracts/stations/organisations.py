"""Organisations (机构): the partners of a city's social work, with their roles and their fundraising qualification."""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from stdnum.cn import uscc

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import OPEN, EventData, Message, Name, PublicName, Scope, command, event
from shared.contracts.personal_numbers import refuse_number_as_code
from shared.contracts.plain import Action, Code, Creation, Reminder, Shape
from shared.contracts.refusals import broken_rule

OrganisationKind = Literal[
    "social_service_institution", "foundation", "social_group", "community_organisation", "enterprise",
    "public_institution", "government",
]  # fmt: skip
"""The form of registration: 社会服务机构, 基金会, 社会团体, 社区社会组织, 企业, 事业单位, 机关."""
LinkageRole = Literal["community", "social_work", "social_organisation", "volunteering", "charity_resources"]
"""The five parts of the five-society linkage (五社联动): 社区, 社会工作者, 社区社会组织, 社区志愿者, 社会慈善资源."""
OrganisationState = Literal["active", "suspended", "ended"]
SuspensionReason = Literal["inspection_failed", "under_investigation", "at_own_request", "licence_lapsed"]
EndReason = Literal["deregistered", "merged", "left", "registered_by_mistake"]
Validity = Literal["none", "ahead", "in_force", "lapsed"]
"""Where the days of a qualification stand: there is none, they are to come, they run, they are over."""
MAX_AREAS: Final = 50


def _check_uscc(code: str) -> str:
    compact = uscc.compact(code).upper()
    if not uscc.is_valid(compact):
        raise broken_rule("not_a_credit_code")
    return compact


CreditCode = Annotated[str, Field(min_length=18, max_length=32), AfterValidator(_check_uscc)]
"""A unified social credit code (统一社会信用代码, GB 32100-2015), its check character tested."""


Certificate = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z-]+$"), AfterValidator(refuse_number_as_code)
]
"""The number of a certificate: the register's, and no person's."""


class Qualification(Message):
    """A qualification for public fundraising (公开募捐资格, Charity Law, art. 22).

    It is in force from the day `since` to the day `until`, both included; without an end `until` is None.
    """

    certificate: Certificate
    since: date
    until: date | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until is not None and self.until < self.since:
            raise broken_rule("ends_before_it_begins", field="until")
        return self


class OrganisationShape(Shape):
    """An organisation; `areas` are those it works in, `area` is its seat.

    `may_fundraise` holds while its qualification is in force and the organisation active.
    """

    name: Name
    credit_code: Annotated[str, Field(min_length=18, max_length=18)]
    kind: Annotated[OrganisationKind, OPEN]
    roles: tuple[Annotated[LinkageRole, OPEN], ...] = ()
    areas: tuple[AreaCode, ...] = ()
    qualification: Qualification | None = None
    validity: Annotated[Validity, OPEN] = "none"
    may_fundraise: bool = False
    state: Annotated[OrganisationState, OPEN]
    reason: Code | None = Field(default=None, description="Code of the reason for a suspension or an end.")
    reminder: Reminder | None = None


@event
class OrganisationRegistered(OrganisationShape, EventData):
    """An organisation was registered."""

    type: ClassVar[str] = "stations.organisation.registered"


@event
class OrganisationChanged(OrganisationShape, EventData):
    """Its name, roles, areas or qualification have changed."""

    type: ClassVar[str] = "stations.organisation.changed"


@event
class OrganisationSuspended(OrganisationShape, EventData):
    """It takes no part for now."""

    type: ClassVar[str] = "stations.organisation.suspended"


@event
class SuspensionOverdue(OrganisationShape, EventData):
    """The review of its suspension is overdue, and the next level is reminded."""

    type: ClassVar[str] = "stations.organisation.review_overdue"


@event
class OrganisationResumed(OrganisationShape, EventData):
    """Its suspension is over."""

    type: ClassVar[str] = "stations.organisation.resumed"


@event
class OrganisationEnded(OrganisationShape, EventData):
    """It takes part no more; its credit code is free again."""

    type: ClassVar[str] = "stations.organisation.ended"


@event
class QualificationChanged(OrganisationShape, EventData):
    """Its fundraising qualification has come into force, or has lapsed."""

    type: ClassVar[str] = "stations.organisation.qualification_changed"


class _Facts(Message):
    name: PublicName
    credit_code: CreditCode
    kind: OrganisationKind
    roles: tuple[LinkageRole, ...] = Field(default=(), max_length=5)
    area: AreaCode = Field(description="The area of its seat.")
    areas: tuple[AreaCode, ...] = Field(default=(), max_length=MAX_AREAS, description="The areas it works in.")
    qualification: Qualification | None = None


@command
class RegisterOrganisation(_Facts, Creation):
    """Register an organisation. Answers OrganisationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RegisterOrganisation"
    permission: ClassVar[Permission] = "organisations:manage"
    scope: ClassVar[Scope] = Scope(named=("area",))


@command
class ChangeOrganisation(_Facts, Action):
    """Replace the particulars of an organisation. Answers OrganisationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ChangeOrganisation"
    permission: ClassVar[Permission] = "organisations:manage"
    scope: ClassVar[Scope] = Scope(named=("area",), found=("id",))


@command
class SuspendOrganisation(Action):
    """Suspend an active organisation. Answers OrganisationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "SuspendOrganisation"
    permission: ClassVar[Permission] = "organisations:manage"
    reason_field: ClassVar[str] = "reason"
    reason: SuspensionReason


@command
class ResumeOrganisation(Action):
    """End a suspension. Answers OrganisationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ResumeOrganisation"
    permission: ClassVar[Permission] = "organisations:manage"


@command
class EndOrganisation(Action):
    """End an organisation's part for good. Answers OrganisationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "EndOrganisation"
    permission: ClassVar[Permission] = "organisations:manage"
    reason_field: ClassVar[str] = "reason"
    reason: EndReason
