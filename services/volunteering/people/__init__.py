"""People (志愿者): the person behind a volunteer, with sealed personal data, registration and the audited query.

It owns the collection `volunteer_people`. A registration also makes the volunteer that matching knows, and wakes the
needs of the city that wait for such a person: so this capability stands above dispatch.
"""

from typing import Final

from services.volunteering.people.domain import SEALED, VolunteerPerson
from services.volunteering.people.handlers import HANDLERS
from services.volunteering.people.opening import make_marks
from services.volunteering.people.policy import PeoplePolicy
from services.volunteering.people.queries import QUERIES
from services.volunteering.people.storage import INDEXES
from shared.engine import Capability, Holding

CAPABILITY: Final = Capability(
    "people",
    handlers=HANDLERS,
    indexes=INDEXES,
    policy=PeoplePolicy,
    queries=QUERIES,
    sealed={VolunteerPerson.collection: SEALED},
    marked={VolunteerPerson.collection: make_marks},
    holdings=(Holding(VolunteerPerson.collection, "volunteer"),),
)
