"""The law of consent: an agency reads the data about a person that a consent opens to it now, and nothing else.

Asked of the owner itself, as the gateway would ask; the consents are known from the answers of the commands.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from structlog.testing import capture_logs

from shared.contracts.access import Actor
from shared.contracts.consents import GiveConsent, RenewConsent, WithdrawConsent
from shared.contracts.messages import QueryEnvelope
from shared.engine.run.queries import QueryRunner
from shared.engine.store.queries import QueryHandler
from tests.city.aged import RECORDS, SERVICES
from tests.city.clerks import READ
from tests.city.mongo import Database
from tests.city.services import DECLARATIONS, Sealer
from tests.city.world import World

SLACK: Final = timedelta(minutes=1)
"""Clocks differ: nothing is asked so near to the end of a consent."""
START_OF_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
REFUSED: Final = "separate_consent_missing"
Wanted = tuple[str, str, str, str, str]
"""Kind and id of the person, the agency, the purpose, the scope."""


@dataclass
class Opened:
    """A consent as the people of the town know it: the instants up to which it was given."""

    wanted: list[Wanted]
    ends: list[datetime] = field(default_factory=list)
    withdrawn: bool = False


def find_hidden_consents(world: World) -> Iterator[str]:
    """Return the consents that the gateway shows in another state than their owner has them."""
    shown = world.rows("gateway", "consents")
    for service in SERVICES:
        for consent, row in world.rows(service, "consents").items():
            state = shown[consent]["shape"]["state"] if consent in shown else "nothing"
            if state != row["state"]:
                yield f"consent {consent} is {row['state']}, the gateway shows {state}"


def find_wrong_reads(world: World) -> Iterator[str]:
    """Return the agencies that read without consent, and those who are refused data that a consent opens."""
    now = world.time()
    may: dict[Wanted, bool] = {}
    must: dict[Wanted, bool] = {}
    for consent in _consents(world).values():
        for wanted in consent.wanted:
            standing = not consent.withdrawn
            may[wanted] = may.get(wanted, False) or (standing and max(consent.ends) > now - SLACK)
            must[wanted] = must.get(wanted, False) or (standing and min(consent.ends) > now + SLACK)
    objections = _objections(world)
    for wanted, perhaps in may.items():
        kind, person, agency, purpose, scope = wanted
        since = max(objections.get(wanted, (START_OF_TIME,)))
        given = max(_given(world, wanted), default=START_OF_TIME)
        perhaps = perhaps and since < given + SLACK  # noqa: PLW2901 - of the statements under all ids the latest counts
        must[wanted] = must[wanted] and since < given - SLACK
        states = _erasures(world, kind, person)
        whole = not states and person in world.rows(*_record(kind))
        reply = _read(world, wanted)
        words = f"{agency} reads {scope} of {person} for {purpose}"
        if "error" in reply and reply["error"].get("rule") != REFUSED:
            yield f"{words}: {reply['error']}"
        elif reply.get("ok") is None:  # an agency is not told whether there is such a person
            if must[wanted] and whole:
                yield f"{words} with a consent, and is told nothing"
        elif not perhaps or "erased" in states:
            yield f"{words} without a consent that holds"
        elif whole and reply["ok"][scope] is None:
            yield f"{words} with a consent, and nothing is there"


def _consents(world: World) -> dict[str, Opened]:
    found: dict[str, Opened] = {}
    for letter in world.people.letters.values():
        command, answer = letter.command, (letter.answer or {}).get("ok")
        if answer is None:
            continue
        if isinstance(command, GiveConsent) and command.recipient is not None:
            place = (answer["person_kind"], command.person_id, command.recipient, command.purpose)
            found[answer["id"]] = Opened([(*place, scope) for scope in command.scopes], [command.expires_at])
        elif isinstance(command, RenewConsent) and command.id in found:
            found[command.id].ends.append(command.expires_at)
        elif isinstance(command, WithdrawConsent) and command.id in found:
            found[command.id].withdrawn = True
    return found


def _given(world: World, wanted: Wanted) -> Iterator[datetime]:
    """Return the instants at which the person has given the consents in force, as the owner has them."""
    kind, person, agency, purpose, scope = wanted
    for row in world.rows(READ[kind].to, "consents").values():
        terms = (row["person_id"], row["recipient"], row["purpose"], row["state"])
        if terms == (person, agency, purpose, "given") and scope in row["scopes"]:
            yield datetime.fromisoformat(row["given_at"])


def _objections(world: World) -> dict[Wanted, list[datetime]]:
    """Return the instants at which persons have withdrawn the same under another id that stands for them, too."""
    found: dict[Wanted, list[datetime]] = {}
    for service in SERVICES:
        identities = world.rows(service, "identities")
        for row in world.rows(service, "consents").values():
            person = row["person_id"]
            ended = row["state"] == "withdrawn" and row["withdrawn_at"] < row["expires_at"]
            if not ended or person not in identities or "erased" in _erasures(world, row["person_kind"], person):
                continue
            survivor = identities[person]["survivor"]
            for other in (survivor, *identities[survivor]["others"]):
                for scope in row["scopes"] if other != person else ():
                    wanted = (row["person_kind"], other, row["recipient"], row["purpose"], scope)
                    found.setdefault(wanted, []).append(datetime.fromisoformat(row["withdrawn_at"]))
    return found


def _record(kind: str) -> tuple[str, str]:
    return RECORDS[kind]


def _erasures(world: World, kind: str, person: str) -> set[str]:
    parts = world.rows(READ[kind].to, "erasure_parts").values()
    return {part["state"] for part in parts if part["subject"] == person and part["state"] != "unknown"}


def _read(world: World, wanted: Wanted) -> dict[str, Any]:
    kind, person, agency, purpose, scope = wanted
    query, actor = READ[kind], Actor(kind="agency", id="key_1", roles=("agency",), on_behalf_of=agency)
    data = {"person_id": person, "scopes": (scope,), "purpose": purpose}
    store: Any = Database(world.services[query.to].memory)
    runner = QueryRunner(query.to, _queries(query.to), store, world.time)
    envelope = QueryEnvelope(type=query.type, data=data, actor=actor, why=purpose)
    with capture_logs():  # a refused attempt is a line of the log, and a town makes thousands
        return runner.answer(envelope.model_dump(mode="json"))


@cache
def _queries(service: str) -> dict[str, QueryHandler]:
    return dict(DECLARATIONS[service].queries(vault=Sealer()))
