"""An agency: its names on the broker, the events it gets, the bounds of its queue, its rights. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Final

from deploy.lianshan.access.rights import NOTHING, Rights
from shared.contracts.access.permissions import is_private
from shared.contracts.areas import area_segments, is_area_code
from shared.contracts.messages import EVENTS
from shared.engine.amqp.topology import UNLIMITED

PREFIX: Final = "agency."
"""Begins the queue and the user of an agency. Not `observer.`, which the user `observer` may read."""
EVERYTHING: Final = "all"
DEFAULT_MIB: Final = 1024
MOST_MIB: Final = 10 * 1024
DEFAULT_DAYS: Final = 7
MOST_DAYS: Final = 30
CONNECTIONS: Final = 4
CHANNELS: Final = 8
"""Connections and channels of an agency's user: one reader, one that takes over, and both while a program restarts."""
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_NAMES: Final = "1 to 40 small letters, digits and hyphens, a letter first"
_DAY_MILLIS: Final = 24 * 60 * 60 * 1000
_DIGITS: Final = re.compile(r"[0-9]+")


class AgencyError(RuntimeError):
    """An agency cannot be made, changed or removed; the message names the field or the name, and the next step."""


@dataclass(frozen=True)
class Agency:
    """An agency by its name. `area` is an administrative code, empty for all; `types` are event types or subjects.

    `stations.need.published` is a type, `stations.need` a subject with all its types, also of later releases; no
    `types` are all. With an area it gets no event that has none.
    """

    name: str
    area: str = ""
    types: Sequence[str] = ()

    @property
    def queue(self) -> str:
        """The name of its queue; it never changes."""
        return f"{PREFIX}{self.name}"

    @property
    def bindings(self) -> list[str]:
        """The routing keys with which its queue is bound to `lianshan.events`."""
        area = area_segments(self.area)
        return sorted({".".join([*_words(kind, bool(area)), *area, "#"]) for kind in self.types or [EVERYTHING]})

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {**asdict(self), "types": list(self.types), "queue": self.queue}


def check_agency(name: str, area: str, types: Iterable[str]) -> Agency:
    """Return the agency. Raises AgencyError for a bad name or area, and for a type that is unknown or private.

    `load_contracts()` comes first.
    """
    check_name(name)
    if area and not is_area_code(area):
        raise AgencyError(f"--area {area!r}: an administrative code of 2, 4, 6, 9 or 12 digits, or none for all areas")
    return Agency(name, area, tuple(sorted({_check_type(kind) for kind in types})))


def check_name(name: str) -> str:
    """Return the name. Raises AgencyError where it is none."""
    if _NAME.fullmatch(name) is None:
        raise AgencyError(f"NAME {name!r}: {_NAMES}")
    return name


def read_agency(queue: str, keys: Iterable[str]) -> Agency:
    """Return the agency whose queue is bound with these routing keys."""
    found = [_read_key(key) for key in keys]
    types = sorted({kind for kind, _ in found if kind != EVERYTHING})
    return Agency(queue.removeprefix(PREFIX), next((area for _, area in found), ""), tuple(types))


def bound_queue(mib: int, days: int) -> Mapping[str, object]:
    """Return the arguments of an agency's queue, which holds `mib` MiB of events for `days` days at most.

    Beyond, the oldest go, and no publisher waits. A single active consumer keeps the events in order, and holds at most
    65,535 of them unacknowledged, the largest prefetch of AMQP: RabbitMQ bounds a queue by its waiting messages alone,
    and without one active consumer `basic.get` would hold as many as it likes. There is no `x-expires`: the queue stays
    while the agency is away.
    https://www.rabbitmq.com/docs/maxlength, https://www.rabbitmq.com/docs/consumers#single-active-consumer
    """
    return {
        "x-queue-type": "quorum",
        "x-max-length-bytes": mib * 1024**2,
        "x-overflow": "drop-head",
        "x-message-ttl": days * _DAY_MILLIS,
        "x-single-active-consumer": True,
        "x-delivery-limit": UNLIMITED,
    }


def rights_of(agency: str) -> Rights:
    """Return the rights of an agency's user: it reads its queue; it neither writes, binds nor declares anything."""
    queue = f"{PREFIX}{agency}"
    return Rights(user=queue, configure=NOTHING, write=NOTHING, read=f"^{re.escape(queue)}$")


def _check_type(kind: str) -> str:
    public = {each for each in EVENTS if not is_private(each)}
    known = public | {each.rpartition(".")[0] for each in public}
    if kind in known:
        return kind
    if is_private(f"{kind}."):
        raise AgencyError(f"--types {kind}: is private to the platform; a key with its permission sees it in the feed")
    near = get_close_matches(kind, sorted(known), n=3)
    named = f"; near are {', '.join(near)}" if near else ""
    raise AgencyError(f"--types {kind}: no such event or subject{named}. /asyncapi.json lists all")


def _words(kind: str, has_area: bool) -> Iterator[str]:
    """Return the words of a routing key before the area: where one follows, each of the three words has its place."""
    words = [] if kind == EVERYTHING else kind.split(".")
    yield from words
    if has_area:
        yield from ["*"] * (3 - len(words))


def _read_key(key: str) -> tuple[str, str]:
    words = [word for word in key.split(".") if word not in ("*", "#")]
    kind = [word for word in words if not _DIGITS.fullmatch(word)]
    return ".".join(kind) or EVERYTHING, "".join(words[len(kind) :])
