"""The actor (行为人) of a command: the one in whose name it acts, with roles and area."""

from functools import lru_cache
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MOST_ROLES: Final = 16
Identity = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_:.@-]+$")]
"""The id of an actor or a principal: a name without personal data."""
Reference = Annotated[str, StringConstraints(max_length=64, pattern=r"^actor\.[a-z]{1,14}\.[A-Za-z0-9_-]{43}$")]
"""The opaque reference that a service gives to a principal: the same in all events of that service."""
ActorKind = Literal["person", "key", "agency", "system"]
RoleName = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=r"^[a-z_]+$")]
"""A role of the table, or one of a newer release: that one grants nothing here."""
Reach = Annotated[str, StringConstraints(pattern=r"^(|[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$")]
"""An administrative code: that area and all within it. Empty: everywhere."""


def _is_none(value: object) -> bool:
    return value is None


class Actor(BaseModel):
    """The one who acts: `area` bounds the things that they reach, `roles` grant permissions.

    A key acts `on_behalf_of` its principal (主体), the stable id to which all keys of one holder belong.
    `speaks_for` is the id of a volunteer, a donor or a need's resident: of the one whose word the actor passes on, or
    of the volunteer who acts by an account of their own. Then the command may be about nobody else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ActorKind
    id: Identity
    roles: tuple[RoleName, ...] = Field(default=(), max_length=MOST_ROLES)
    area: Reach = ""
    on_behalf_of: Identity | None = None
    # Left out where there is none: services of a former release do not know it.
    speaks_for: Identity | None = Field(default=None, exclude_if=_is_none)

    @property
    def principal(self) -> str:
        """The stable id for which idempotency and external ids count: it outlives a rotated key."""
        return self.on_behalf_of or self.id

    def reaches(self, area: str) -> bool:
        """Return whether the area lies within the actor's."""
        # Codes are hierarchical, so containment is a common prefix (GB/T 10114-2003).
        return area.startswith(self.area)


SYSTEM: Final = Actor(kind="system", id="system", roles=("system",))
"""The platform itself: the actor of every event and timer."""


@lru_cache(maxsize=1024)
def read_actor(text: str) -> Actor:
    """Return the actor that a command's header holds as JSON. Raises pydantic.ValidationError.

    Cached, because the commands of one caller all have the same header.
    """
    return Actor.model_validate_json(text)
