"""The enumerations of several values, each with its name and its sentence in the description."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from services.gateway.access.account_record import AccountState
from services.gateway.deliveries.records import DeliveryState, WebhookState
from services.gateway.deliveries.records import Form as WebhookForm
from services.gateway.description.screening_names import OF_SCREENING
from services.gateway.features.areas.answer import AreaLevel
from services.gateway.features.audit.export import Form as AuditForm
from services.gateway.features.copies.request import CopyReason
from services.gateway.features.exports.records import ExportFormat, ExportState, ReportName
from services.gateway.features.needs.request import UrgencyWord
from shared.contracts.access.permissions import Permission, Role
from shared.contracts.catalogue.entries import Form
from shared.contracts.catalogue.entries import Kind as EntryKind
from shared.contracts.charity.donations import CorrectionReason
from shared.contracts.charity.linking import LinkState
from shared.contracts.charity.payments import PayeeKind, PaymentState, RecordEnd, RefusalReason, ReversalReason
from shared.contracts.charity.shortfalls import ShortfallKind, ShortfallState
from shared.contracts.charity.stock import Sharing
from shared.contracts.consents import ConsentPurpose, ConsentScope, ConsentState, Giver, Obtained
from shared.contracts.erasure_parts import ErasedCategory, ErasureGround, PersonState
from shared.contracts.finding import Block
from shared.contracts.jobs import CoordinateSystem, FileFormat, ImportKind, JobState
from shared.contracts.merging import MergeReason, MergeState, UnmergeReason
from shared.contracts.need_parts import SupplyRing, Urgency
from shared.contracts.overdue_levels import OverdueLevel
from shared.contracts.persons import PersonKind
from shared.contracts.plain import StepCode
from shared.contracts.stations.amending import AmendedFor, AmendedPart, AmendmentReason
from shared.contracts.stations.attachments import AttachmentKind, MediaType
from shared.contracts.stations.attachments import RemovalReason as AttachmentRemoval
from shared.contracts.stations.breaches import (
    BreachCause,
    BreachKind,
    BreachState,
    DataCategory,
    Harm,
    Measure,
    NoNotice,
    Severity,
)
from shared.contracts.stations.calendars import CalendarState
from shared.contracts.stations.erasures import ErasureState
from shared.contracts.stations.households import HeadRelation, HouseholdState
from shared.contracts.stations.indicators import People, RiskSeverity
from shared.contracts.stations.need_intake import IntakeChannel, OverrideReason, ProblemDomain, RiskLevel
from shared.contracts.stations.need_reasons import CancelledFor, CancelReason, ExtensionReason, UndoReason
from shared.contracts.stations.needs import NeedState
from shared.contracts.stations.network import Level, Stage, StationFunction, StationState
from shared.contracts.stations.occurrences import MissedOutcome, Obstacle, OccurrenceState
from shared.contracts.stations.organisations import (
    EndReason,
    LinkageRole,
    OrganisationKind,
    OrganisationState,
    SuspensionReason,
    Validity,
)
from shared.contracts.stations.participants import ParticipantState, ParticipationEnd, UnlinkReason
from shared.contracts.stations.plan_homes import HomeEnd, HomeState, RemovalReason
from shared.contracts.stations.plan_previews import Effect
from shared.contracts.stations.plans import DaysOff, EndedFor, Extent, PauseReason, PlanEnd, PlanState
from shared.contracts.stations.posts import PostClosing, PostEnd, PostFunction, PostState, VacancyReason
from shared.contracts.stations.referrals import (
    EnquiryAnswer,
    OverrideGround,
    ReceiverEnd,
    ReceiverKind,
    ReferralOutcome,
    ReferralState,
    RejectionReason,
    RevocationReason,
)
from shared.contracts.stations.relations import EndingReason, RelationEnd, RelationKind, RelationState, Tie
from shared.contracts.stations.reopening import ReopeningReason
from shared.contracts.stations.residents import Capacity, EndOfCare, ResidentField, ResidentState
from shared.contracts.stations.supervision import (
    CorrectiveAction,
    FindingSeverity,
    FindingState,
    Topic,
    VisitKind,
    VisitState,
    WithdrawalReason,
)
from shared.contracts.stations.trainings import (
    AttendanceState,
    ExamResult,
    TrainingEnd,
    TrainingState,
)
from shared.contracts.stations.trainings import CancelledFor as TrainingCancellation
from shared.contracts.stations.trainings import Dimension as TrainingDimension
from shared.contracts.stations.trainings import WithdrawnFor as AttendanceWithdrawal
from shared.contracts.stations.workers import EndOfEmployment, LicenceLevel, LicenceState, TrainingNeed, WorkerState
from shared.contracts.volunteering.checks import CheckGround, CheckOutcome, CheckState, Disowning
from shared.contracts.volunteering.dispatch import DispatchState, HoursReason, Ring, StaffingState
from shared.contracts.volunteering.inactivity import InactivityReason, InactivityState, KeepReason
from shared.contracts.volunteering.merges import DispatchOutcome
from shared.contracts.volunteering.misdirections import MisdirectionOutcome, MisdirectionState
from shared.contracts.volunteering.notices import (
    Calling,
    CallOutcome,
    CallReason,
    CallState,
    NoticeFailure,
    NoticeLanguage,
    NoticeOutcome,
    NoticeState,
    NoticeTemplate,
)
from shared.contracts.volunteering.people import VolunteerState

NAMES: Final[Mapping[str, tuple[Any, str]]] = {
    **OF_SCREENING,
    "AccountState": (AccountState, "The state of a sign-in account."),
    "AmendedPart": (AmendedPart, "A part of a need that an amendment changed."),
    "AmendedFor": (AmendedFor, "Why a need was amended, given another score or handed over."),
    "AmendmentReason": (AmendmentReason, "Why a published need was amended."),
    "AreaLevel": (AreaLevel, "The level of an area."),
    "AttendanceState": (AttendanceState, "Whether the record of an attendance counts."),
    "AttendanceWithdrawal": (AttendanceWithdrawal, "Why an attendance was withdrawn."),
    "AuditForm": (AuditForm, "The form of an export of the audit."),
    "BreachCause": (BreachCause, "The cause of a breach."),
    "BreachKind": (BreachKind, "The harm that was done to the data."),
    "BreachSeverity": (Severity, "The grade of a breach."),
    "BreachState": (BreachState, "How far a breach is dealt with."),
    "DaysOff": (DaysOff, "The treatment of a visit on a day off."),
    "EditExtent": (Extent, "The visits that an edit of a plan takes."),
    "ExamResult": (ExamResult, "The result of an exam."),
    "HomeEnd": (HomeEnd, "Why a home is visited no more."),
    "HomeRemoval": (RemovalReason, "Why a station visits a home no more."),
    "HomeState": (HomeState, "Whether a home is visited."),
    "MissedVisitOutcome": (MissedOutcome, "The outcome of a missed visit."),
    "OccurrenceState": (OccurrenceState, "How far a visit of a plan is."),
    "PlanEnd": (PlanEnd, "Why a plan ended."),
    "PlanEndReason": (EndedFor, "Why a station ends a plan before its last day."),
    "PlanPause": (PauseReason, "Why a plan is paused."),
    "PlanState": (PlanState, "How far a plan is."),
    "PostClosing": (PostClosing, "How a post ends."),
    "PostEnd": (PostEnd, "Why a post is closed."),
    "PostFunction": (PostFunction, "The function of a post."),
    "PostState": (PostState, "Whether a post has a vacancy."),
    "TrainingCancellation": (TrainingCancellation, "Why a training is cancelled."),
    "TrainingDimension": (TrainingDimension, "The dimension of a training."),
    "TrainingEnd": (TrainingEnd, "Why a training was cancelled."),
    "TrainingNeed": (TrainingNeed, "Where the training of a year stands."),
    "TrainingState": (TrainingState, "The state of a training."),
    "VacancyReason": (VacancyReason, "Why a social worker no longer has a post."),
    "VisitEffect": (Effect, "The effect of an edit on a visit."),
    "VisitObstacle": (Obstacle, "Why the need of a visit cannot follow its plan."),
    "CalendarState": (CalendarState, "Whether a calendar counts."),
    "CallOutcome": (CallOutcome, "How a call to a volunteer ended."),
    "CallReason": (CallReason, "Why the station calls a volunteer."),
    "CallResult": (Calling, "How a call to a volunteer went."),
    "CallState": (CallState, "The state of a call."),
    "CancelledFor": (CancelledFor, "Why a need was cancelled, or that it was merged."),
    "CancelReason": (CancelReason, "Why a need was cancelled."),
    "CheckGround": (CheckGround, "Why two registrations may be of one person."),
    "CheckOutcome": (CheckOutcome, "The decision on a check."),
    "CheckState": (CheckState, "The state of a check."),
    "ConsentPurpose": (ConsentPurpose, "The purpose of a consent."),
    "CivilCapacity": (Capacity, "The civil capacity of a resident."),
    "ConsentScope": (ConsentScope, "A kind of data that a consent opens."),
    "ConsentState": (ConsentState, "The state of a consent."),
    "CopyReason": (CopyReason, "Who asked for the copy."),
    "CorrectionReason": (CorrectionReason, "Why a donation was corrected."),
    "CorrectiveAction": (CorrectiveAction, "The correction that a station owes."),
    "CrowdedMark": (Block, "A mark that more people share than are compared."),
    "DataCategory": (DataCategory, "A category of data in a breach."),
    "DisowningReason": (Disowning, "Why a person disowns a registration."),
    "DispatchOutcome": (DispatchOutcome, "The fate of a dispatch in a merge."),
    "DeliveryState": (DeliveryState, "The state of a message of a webhook."),
    "DispatchState": (DispatchState, "The state of a dispatch."),
    "EnquiryAnswer": (EnquiryAnswer, "Whether a receiver has capacity."),
    "EntryKind": (EntryKind, "A list of the catalogue."),
    "EndOfCare": (EndOfCare, "Why a station no longer cares for a resident."),
    "EndOfEmployment": (EndOfEmployment, "Why the employment of a social worker has ended."),
    "EndOfRelation": (EndingReason, "Why a relation of a resident is ended."),
    "ErasedCategory": (ErasedCategory, "A category of erased data."),
    "ErasureGround": (ErasureGround, "The legal ground of an erasure."),
    "ErasureState": (ErasureState, "How far an erasure has come."),
    "ExportFormat": (ExportFormat, "The form of the file of a report."),
    "ExportState": (ExportState, "How far the file of a report has come."),
    "ExtensionReason": (ExtensionReason, "Why a need was extended."),
    "FindingSeverity": (FindingSeverity, "How grave a finding is."),
    "FindingState": (FindingState, "How far a finding is corrected."),
    "GivenBy": (Giver, "The person who gave a consent."),
    "Harm": (Harm, "A harm that a breach may do."),
    "HoursReason": (HoursReason, "Why hours were stated or adjusted by hand."),
    "HeadRelation": (HeadRelation, "The relation of a member to the head of the household."),
    "HouseholdState": (HouseholdState, "Whether anybody lives in a household."),
    "ImportCoordinates": (CoordinateSystem, "The system of the coordinates in a file."),
    "ImportFormat": (FileFormat, "The form of a file."),
    "ImportKind": (ImportKind, "The things that the rows of a file are."),
    "InactivityReason": (InactivityReason, "Why an inactive volunteer is kept, or is no longer one."),
    "MisdirectionOutcome": (MisdirectionOutcome, "The outcome of the check of a contact."),
    "MisdirectionState": (MisdirectionState, "The state of a misdirection."),
    "InactivityState": (InactivityState, "The state of an inactivity."),
    "IntakeChannel": (IntakeChannel, "The way by which a station learned of a need."),
    "JobState": (JobState, "How far a job has come."),
    "KeepReason": (KeepReason, "Why the data of an inactive volunteer is kept."),
    "LineKind": (Literal["goods", "money", "service"], "A kind of line of a need."),
    "LinkState": (LinkState, "How far charity has found the resources of a need."),
    "LinkageRole": (LinkageRole, "A part in the five-society linkage."),
    "Measure": (Measure, "A measure taken after a breach."),
    "LicenceLevel": (LicenceLevel, "The level of the licence of a social worker."),
    "LicenceState": (LicenceState, "Where the registration of a licence stands."),
    "MergeReason": (MergeReason, "Why two records were merged."),
    "MergeState": (MergeState, "The state of a merge."),
    "NeedState": (NeedState, "The state of a need."),
    "NoNoticeReason": (NoNotice, "Why the people of a breach need no notice."),
    "NoticeFailure": (NoticeFailure, "Why a telephone did not get a notice."),
    "NoticeLanguage": (NoticeLanguage, "The language of notices."),
    "NoticeOutcome": (NoticeOutcome, "Whether a telephone got a notice."),
    "NoticeState": (NoticeState, "The state of a notice."),
    "NoticeTemplate": (NoticeTemplate, "The subject of a notice."),
    "Obtained": (Obtained, "The form in which a consent was given."),
    "OpenOrClosed": (ShortfallState, "The state of a shortfall."),
    "OrganisationEndReason": (EndReason, "Why an organisation was ended."),
    "OrganisationKind": (OrganisationKind, "A kind of organisation."),
    "OrganisationState": (OrganisationState, "The state of an organisation."),
    "OverdueLevel": (OverdueLevel, "The level that a reminder has reached."),
    "OverrideReason": (OverrideReason, "Why a supervisor gave a need another score."),
    "ParticipantState": (ParticipantState, "Whether an organisation takes part at a station."),
    "PayeeKind": (PayeeKind, "A kind of payee."),
    "PaymentRefusalReason": (RefusalReason, "Why a payment is refused."),
    "PaymentRefusedFor": (RefusalReason | RecordEnd, "Why a payment was refused, or its record ended."),
    "PaymentReversalReason": (ReversalReason, "Why a payment was reversed."),
    "PaymentState": (PaymentState, "The state of a payment."),
    "Permission": (Permission, "A permission of a key."),
    "PersonErasureState": (PersonState, "The state of one person's erasure in one service."),
    "PersonKind": (PersonKind, "A kind of person."),
    "ProblemDomain": (ProblemDomain, "A domain in which the problem of a need lies."),
    "PeopleOfThreshold": (People, "The people for whom a threshold counts."),
    "ReceiverKind": (ReceiverKind, "Whether a need is referred to a station or an organisation."),
    "ReferralEndReason": (
        Literal[RejectionReason, RevocationReason, ReceiverEnd],
        "Why a referral was rejected or revoked.",
    ),
    "ReferralOutcome": (ReferralOutcome, "How a referral ended for the resident."),
    "ReferralOverride": (OverrideGround, "Why a need is referred without consent."),
    "ReferralRejection": (RejectionReason, "Why a referral is rejected."),
    "ReferralRevocation": (RevocationReason, "Why a referral is revoked."),
    "ReferralState": (ReferralState, "How far a referral has come."),
    "ReadinessStatus": (Literal["ready", "not ready"], "Whether the gateway reaches its servers."),
    "RegisteredPersonKind": (Literal["volunteer", "donor"], "A kind of registered person."),
    "ReopeningReason": (ReopeningReason, "Why an ended need was reopened."),
    "RiskLevel": (RiskLevel, "The risk of harm that an assessment has found."),
    "AttachmentKind": (AttachmentKind, "A kind of file of a need."),
    "AttachmentRemoval": (AttachmentRemoval, "Why a file of a need is removed."),
    "MediaType": (MediaType, "The form of a file, by its content."),
    "RelationEnd": (RelationEnd, "Why a relation of a resident has ended."),
    "RelationKind": (RelationKind, "The part that somebody takes for a resident."),
    "RelationState": (RelationState, "Whether a relation stands."),
    "RelationTie": (Tie, "The tie of somebody to a resident."),
    "ReportName": (ReportName, "A report."),
    "ResidentField": (ResidentField, "A particular that a change removes."),
    "ResidentState": (ResidentState, "The state of the record of a resident."),
    "RiskSeverity": (RiskSeverity, "How grave a crossing is."),
    "Ring": (Ring, "The distance of a volunteer from a need."),
    "Role": (Role, "A role of a key or a sign-in account."),
    "Sharing": (Sharing, "How far a station shares its stock."),
    "ShortfallKind": (ShortfallKind, "The origin of a shortfall."),
    "StaffingState": (StaffingState, "How far the search for volunteers has come."),
    "StationFunction": (StationFunction, "A function that a station has beside social work."),
    "StationLevel": (Level, "Whether it is a station or a street centre."),
    "StationStage": (Stage, "A stage of the opening of a station."),
    "StationState": (StationState, "The state of a station."),
    "StepCode": (StepCode, "A next step."),
    "SupervisionTopic": (Topic, "The subject of a visit or a finding."),
    "SupervisionWithdrawal": (WithdrawalReason, "Why a visit or a finding was withdrawn."),
    "SupplyForm": (Form, "Whether an item is goods or a service."),
    "SupplyRing": (SupplyRing, "The distance of a resource from a need."),
    "SuspensionReason": (SuspensionReason, "Why an organisation was suspended."),
    "UnlinkReason": (UnlinkReason, "Why an organisation is unlinked from a station."),
    "UnlinkedFor": (Literal[UnlinkReason, ParticipationEnd], "Why an organisation was unlinked from a station."),
    "UndoReason": (UndoReason, "Why a confirmation was undone."),
    "UnmergeReason": (UnmergeReason, "Why a merge was undone."),
    "Urgency": (Urgency, "The urgency of a need."),
    "UrgencyWord": (
        UrgencyWord,
        "The urgency of a need in a request: `medium` is read as `normal`, `critical` as `urgent`.",
    ),
    "Validity": (Validity, "Whether the registration of an organisation is in force."),
    "VisitKind": (VisitKind, "The duty towards a station that a visit serves."),
    "VisitState": (VisitState, "Whether the record of a visit counts."),
    "VolunteerState": (VolunteerState, "The state of a volunteer."),
    "WebhookForm": (WebhookForm, "The form of the messages of a webhook."),
    "WebhookState": (WebhookState, "The state of a webhook."),
    "WorkerState": (WorkerState, "Whether a social worker is employed, on leave, or has left."),
}
"""The enumerations of several values with their sentences, by their names in the description."""
