"""Bodies of handovers: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import Literal, TypedDict

from ..answers.common import EnquiryAnswer, ReferralOutcome


class AcceptHandoverBody(TypedDict):
    """Take the need that was referred; a station owns it from now on. Answers HandoverShape."""


class AnswerEnquiryBody(TypedDict):
    """Answer whether there is capacity for the need of an enquiry. Answers HandoverShape."""

    answer: EnquiryAnswer


class CompleteHandoverBody(TypedDict):
    """Report the outcome of a need that was accepted. Answers HandoverShape."""

    outcome: ReferralOutcome


class RejectHandoverBody(TypedDict):
    """Leave the need with its station. Answers HandoverShape."""

    reason: ReferralRejection


ReferralRejection = Literal["no_capacity", "outside_scope", "consent_missing", "already_served", "facts_missing"]
