"""The register of breaches (个人信息安全事件): found, notified to the authority and the people, closed.

Owns `breaches`. Personal Information Protection Law, art. 57; it holds numbers and codes, and nothing about a person.
"""

from typing import Final

from services.stations.breaches.domain import Breach
from services.stations.breaches.handlers import HANDLERS
from shared.engine import Capability

CAPABILITY: Final = Capability("breaches", HANDLERS, {Breach.collection: []})
