"""Consents (同意), one implementation for the three owners of personal data: stations, charity and volunteering.

Each has a capability `consents` that declares its messages, its person and its scopes; the collection is `consents`.
"""

from shared.people.consents.domain import Consent, ConsentDue, is_agreed
from shared.people.consents.ending import ConsentsToEnd, end_consents
from shared.people.consents.handlers import Consents
from shared.people.consents.own_handling import OwnHandling
from shared.people.consents.reading import Openers, may_open, require_held, seal_shared
from shared.people.consents.storage import OwnConsents

__all__ = [
    "Consent",
    "ConsentDue",
    "Consents",
    "ConsentsToEnd",
    "Openers",
    "OwnConsents",
    "OwnHandling",
    "end_consents",
    "is_agreed",
    "may_open",
    "require_held",
    "seal_shared",
]
