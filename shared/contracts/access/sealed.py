"""Messages to an owner (数据所有方) that are sealed for it: the form of the box, and the query for the owner's key.

A command is about people more often than not, and an answer may hold personal data: neither lies in clear in a queue.
"""

from typing import ClassVar, Final

from shared.contracts.messages import Answer, Query, query

SEALED: Final = "x-lianshan-sealed"
"""Header of a sealed command: the id of the owner's key. Its body is the box, in which stand the digest of the caller's
body, a line break, and the command.
"""


def command_context(service: str, kind: str, message_id: str, actor: str) -> bytes:
    """Return the context of a sealed command: moved to another message, type or actor, it does not open."""
    return f"command\0{service}\0{kind}\0{message_id}\0{actor}".encode(errors="surrogatepass")


def query_context(service: str, kind: str) -> bytes:
    """Return the context of a sealed query."""
    return f"query\0{service}\0{kind}".encode(errors="surrogatepass")


class PublicKeyAnswer(Answer):
    """The public key of an owner: its id, and 32 bytes in base64url."""

    key_id: str
    key: str


class ReadPublicKey(Query[PublicKeyAnswer | None]):
    """Read the key that messages to the owner are sealed for.

    None as long as replicas of release 0.2, which cannot open them, may take messages of this owner.
    """

    type: ClassVar[str] = "ReadPublicKey"


@query
class ReadStationsKey(ReadPublicKey):
    """The key of stations."""

    to: ClassVar[str] = "stations"


@query
class ReadCharityKey(ReadPublicKey):
    """The key of charity."""

    to: ClassVar[str] = "charity"


@query
class ReadVolunteeringKey(ReadPublicKey):
    """The key of volunteering."""

    to: ClassVar[str] = "volunteering"


KEY_QUERIES: Final[dict[str, type[ReadPublicKey]]] = {
    kind.to: kind for kind in (ReadStationsKey, ReadCharityKey, ReadVolunteeringKey)
}
"""The query for the key of each owner."""
