"""The open connections of this process: how many, also of one peer, how much unread, and which of them makes room."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from services.gateway.access.peers import name_peer


class Connection(Protocol):
    """A connection as the registry sees it."""

    @property
    def unread(self) -> int:
        """The bytes of its answer that the peer has still to take."""

    def drop(self, reason: str) -> None:
        """Close it at once, for the reason of that name."""


@dataclass(frozen=True, slots=True)
class ConnectionBounds:
    """Seconds that a peer may take, and the number of connections.

    `head_seconds` from a connection, or the first byte of a request, to the end of its headers; `body_seconds` from
    there to the end of the body; `write_seconds` for reading data that waits to be sent; `most` connections in all and
    `most_of_one` of one peer; `unread_bytes` of all answers that their peers have still to take.
    """

    head_seconds: float
    body_seconds: float
    write_seconds: float
    most: int
    most_of_one: int
    unread_bytes: int


@dataclass(slots=True)
class Connections:
    """Admits connections. At a limit the one that has been idle longest makes room; where none is idle, none comes."""

    bounds: ConnectionBounds
    _peers: dict[Connection, bytes] = field(default_factory=dict)
    _idle: dict[Connection, None] = field(default_factory=dict)
    _slow: dict[Connection, None] = field(default_factory=dict)
    """Those whose peers take their answers more slowly than they are made, the slowest first."""
    _of_peer: Counter[bytes] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self._peers)

    def admit(self, connection: Connection, address: str | None) -> bool:
        """Take the connection in, as an idle one; return False where there is no room for it."""
        peer = name_peer(address)
        if peer and self._of_peer[peer] >= self.bounds.most_of_one and not self._make_room(peer):
            return False
        if len(self._peers) >= self.bounds.most and not self._make_room(b""):
            return False
        self._peers[connection] = peer
        self._of_peer[peer] += 1
        self._idle[connection] = None
        return True

    def forget(self, connection: Connection) -> None:
        """Leave a closed connection out."""
        peer = self._peers.pop(connection, None)
        self._idle.pop(connection, None)
        self._slow.pop(connection, None)
        if peer is not None:
            self._of_peer[peer] -= 1
            if not self._of_peer[peer]:
                del self._of_peer[peer]

    def mark_busy(self, connection: Connection) -> None:
        """Note that the connection has a request: it no longer makes room for others."""
        self._idle.pop(connection, None)

    def mark_idle(self, connection: Connection) -> None:
        """Note that the connection waits for its next request."""
        if connection in self._peers:
            # The order is that of idleness: one that goes on waiting keeps its place.
            self._idle.setdefault(connection, None)

    def mark_unread(self, connection: Connection) -> None:
        """Note that the peer does not take its answer; where all that is unread fills the memory, drop some of it.

        Those of the peer with the most unread bytes go, first the one that has been slow for longest.
        """
        if connection not in self._peers or not connection.unread:
            return
        self._slow.setdefault(connection, None)
        unread = {one: one.unread for one in self._slow}
        while sum(unread.values()) > self.bounds.unread_bytes:
            of_peer = Counter[bytes]()
            for one, size in unread.items():
                of_peer[self._peers[one]] += size
            ((greediest, _),) = of_peer.most_common(1)
            dropped = next(one for one in unread if self._peers[one] == greediest)
            del unread[dropped]
            self.forget(dropped)
            dropped.drop("answers_fill_memory")

    def mark_read(self, connection: Connection) -> None:
        """Note that the peer has taken its answer."""
        self._slow.pop(connection, None)

    def _make_room(self, peer: bytes) -> bool:
        """Drop the connection that has been idle longest, of that peer where one is named."""
        for connection in self._idle:
            if not peer or self._peers[connection] == peer:
                self.forget(connection)
                connection.drop("idle_longest")
                return True
        return False
