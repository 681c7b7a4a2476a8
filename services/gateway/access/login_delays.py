"""Growing delays between attempts to sign in, instead of a lock that strangers could turn. Pure.

https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#login-throttling
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from services.gateway.access.peers import name_peer

MOST_KEPT: Final = 10_000
"""Counters of each kind; beyond, the one that was used longest ago goes."""
FORGET_SECONDS: Final = 3600.0
"""A counter without an attempt for so long begins again from nothing."""


@dataclass(frozen=True, slots=True)
class Growth:
    """`free` attempts without delay; then 1, 2, 4 … seconds up to `longest` before the next."""

    free: int
    longest: float

    def delay(self, attempts: int) -> float:
        """Return the seconds to wait after so many attempts that have not succeeded."""
        beyond = attempts - self.free
        return 0.0 if beyond < 0 else min(self.longest, 2.0 ** min(beyond, 30))


ONE_PEER_AND_NAME: Final = Growth(free=4, longest=300.0)
"""Somebody who has forgotten, or guesses at one name."""
ONE_NAME: Final = Growth(free=20, longest=60.0)
"""Guesses at one name from many addresses. Addresses from which its owner has signed in do not wait for it."""
ONE_PEER: Final = Growth(free=100, longest=60.0)
"""Guesses at many names. A whole street centre may share an address."""


class _Count(NamedTuple):
    attempts: int
    last: float
    not_before: float


_NONE: Final = _Count(0, 0.0, 0.0)


@dataclass(slots=True)
class _Counters:
    growth: Growth
    _kept: dict[str, _Count] = field(default_factory=dict)

    def wait(self, key: str, now: float) -> float:
        return max(0.0, self._find(key, now).not_before - now)

    def add(self, key: str, now: float) -> None:
        attempts = self._find(key, now).attempts + 1
        self._put(key, _Count(attempts, now, now + self.growth.delay(attempts)))

    def take_back(self, key: str) -> None:
        if (count := self._kept.get(key)) is not None:
            self._kept[key] = count._replace(attempts=max(0, count.attempts - 1))

    def drop(self, key: str) -> None:
        self._kept.pop(key, None)

    def _find(self, key: str, now: float) -> _Count:
        count = self._kept.get(key, _NONE)
        return _NONE if now - count.last > FORGET_SECONDS else count

    def _put(self, key: str, count: _Count) -> None:
        # Removed first: the dictionary's order is that of use.
        self._kept.pop(key, None)
        self._kept[key] = count
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]


@dataclass(slots=True)
class LoginDelays:
    """The attempts at one replica: `admit` each, then `succeed` or `withdraw` it. Seconds are of any steady clock.

    An attempt counts from its beginning, so that many at once gain nothing.
    """

    _pairs: _Counters = field(default_factory=lambda: _Counters(ONE_PEER_AND_NAME))
    _names: _Counters = field(default_factory=lambda: _Counters(ONE_NAME))
    _peers: _Counters = field(default_factory=lambda: _Counters(ONE_PEER))
    _known: dict[str, None] = field(default_factory=dict)

    def admit(self, name: str, address: str, now: float) -> float:
        """Count an attempt and return 0; or count nothing and return the seconds until one is admitted."""
        peer = name_peer(address).hex()
        pair = f"{peer} {name}"
        waits = [self._pairs.wait(pair, now), self._peers.wait(peer, now)]
        if pair not in self._known:
            waits.append(self._names.wait(name, now))
        if (wait := max(waits)) > 0:
            return wait
        self._pairs.add(pair, now)
        self._names.add(name, now)
        self._peers.add(peer, now)
        return 0.0

    def succeed(self, name: str, address: str) -> None:
        """Note that the attempt has succeeded: its pair begins from nothing, and others' guesses delay it no more."""
        peer = name_peer(address).hex()
        pair = f"{peer} {name}"
        self.withdraw(name, address)
        self._pairs.drop(pair)
        self._known.pop(pair, None)
        self._known[pair] = None
        if len(self._known) > MOST_KEPT:
            del self._known[next(iter(self._known))]

    def withdraw(self, name: str, address: str) -> None:
        """Take an attempt back that was not made after all. Delays that have begun go on."""
        peer = name_peer(address).hex()
        self._pairs.take_back(f"{peer} {name}")
        self._names.take_back(name)
        self._peers.take_back(peer)
