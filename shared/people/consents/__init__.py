"""Consents (同意), one implementation for the three owners of personal data: stations, charity and volunteering.

Each has a capability `consents` that declares its messages, its person and its scopes; the collection is `consents`.
"""

from shared.people.consents.domain import Consent, ConsentDue
from shared.people.consents.ending import ConsentsToEnd, end_consents
from shared.people.consents.handlers import Consents, OwnHandling
from shared.people.consents.reading import Openers, may_open, require_held, seal_shared

__all__ = [
    "Consent",
    "ConsentDue",
    "Consents",
    "ConsentsToEnd",
    "Openers",
    "OwnHandling",
    "end_consents",
    "may_open",
    "require_held",
    "seal_shared",
]
