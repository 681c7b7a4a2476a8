"""The clerks of a town: acts about the data of its people, needs and gifts stated again, and payments.

They are the lower half of its `Player`.
"""

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any, Final

from services.volunteering.people.consent import SCOPES as MATCHED_BY
from shared.contracts.charity import consents as charity
from shared.contracts.charity.merges import MergeDonors, UnmergeDonors
from shared.contracts.consents import ConsentScope, GiveConsent, ReadShared, RenewConsent, WithdrawConsent
from shared.contracts.messages import Command
from shared.contracts.stations import consents as stations
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.needs import RegisterNeed
from shared.contracts.volunteering import consents as volunteering
from shared.contracts.volunteering.checks import DisownRegistration, ResolveCheck
from shared.contracts.volunteering.merges import MergeVolunteers, UnmergeVolunteers
from shared.contracts.volunteering.people import RegisterVolunteer
from tests.city.amending import CORRECTABLE, draw_amendment
from tests.city.correcting import draw_correction
from tests.city.paying import as_grant, awaits_money, draw_payment
from tests.city.places import AREAS
from tests.city.screeners import Screeners
from tests.city.services import PERSONAL
from tests.city.stating import draw_statement
from tests.city.world import World, instant

VIEWS: Final = {"volunteer": "volunteers", "donor": "donors", "need": "needs", "resident": "residents"}
GIVE: Final[Mapping[str, type[GiveConsent]]] = {
    "volunteer": volunteering.GiveVolunteerConsent,
    "donor": charity.GiveDonorConsent,
    "need": stations.GiveNeedConsent,
    "resident": stations.GiveResidentConsent,
}
RENEW: Final[Mapping[str, type[RenewConsent]]] = {
    "volunteer": volunteering.RenewVolunteerConsent,
    "donor": charity.RenewDonorConsent,
    "need": stations.RenewNeedConsent,
    "resident": stations.RenewResidentConsent,
}
WITHDRAW: Final[Mapping[str, type[WithdrawConsent]]] = {
    "volunteer": volunteering.WithdrawVolunteerConsent,
    "donor": charity.WithdrawDonorConsent,
    "need": stations.WithdrawNeedConsent,
    "resident": stations.WithdrawResidentConsent,
}
READ: Final[Mapping[str, type[ReadShared]]] = {
    "volunteer": volunteering.ReadSharedVolunteer,
    "donor": charity.ReadSharedDonor,
    "need": stations.ReadSharedNeed,
    "resident": stations.ReadSharedResident,
}
SCOPES: Final[Mapping[str, tuple[ConsentScope, ...]]] = {
    "volunteer": ("contact", "identity", "location"),
    "donor": ("identity", "contact"),
    "need": ("need_words", "location"),
    "resident": ("contact", "identity"),
}
AGENCIES: Final = ("agency_insurer", "agency_school")
"""The principals to whom people consent that their data is handed over."""
INFORMED: Final = {"words_version": "2026-1", "obtained": "in_writing"}
MINUTES: Final = (30, 240, 24 * 60, 5 * 24 * 60)
"""How long a consent holds."""


class Clerks(Screeners):
    """Erases, merges, parts, and records consents of the people whom the gateway shows; corrects needs and gifts."""

    world: World

    def _people(self) -> list[tuple[str, str]]:
        """Return the kind and the id of everybody."""
        return sorted((kind, one) for kind, views in VIEWS.items() for one in self.world.rows("gateway", views))

    # ---- gifts ---------------------------------------------------------------------------------------------

    def _correct(self, chance: Random) -> Command | None:
        return draw_correction(chance, self.world.people.letters.values())

    # ---- erasures ------------------------------------------------------------------------------------------

    def _erase(self, chance: Random) -> Command | None:
        known = [{"kind": kind, "id": one} for kind in VIEWS for one in sorted(self.world.rows("gateway", VIEWS[kind]))]
        people = [*chance.sample(known, min(3, len(known))), {"kind": "volunteer", "id": "vol_nobody"}]
        asked = {"people": people, "ground": "consent_withdrawn", "area": AREAS[0]}
        return RequestErasure.model_validate(asked)

    # ---- consents ------------------------------------------------------------------------------------------

    def _consent(self, chance: Random) -> Command | None:
        people = self._people()
        return self._give(chance, *chance.choice(people)) if people else None

    def _give(self, chance: Random, kind: str, person: str) -> GiveConsent:
        terms = self._terms(chance)
        scopes, purpose = (chance.choice(SCOPES[kind]),), chance.choice(("insurance", "research"))
        recipient = chance.choice((*AGENCIES, *AGENCIES, None))
        asked = {"person_id": person, "scopes": scopes, "purpose": purpose, "recipient": recipient, **terms}
        if kind == "volunteer" and recipient is None:
            asked |= {"scopes": sorted(MATCHED_BY), "purpose": "volunteer_matching", **INFORMED}
        return GIVE[kind].model_validate(asked)

    def _terms(self, chance: Random) -> dict[str, Any]:
        expires_at = self.world.time() + timedelta(minutes=chance.choice(MINUTES))
        if chance.random() < 0.5:
            return {"expires_at": expires_at}
        guardian = {"name": f"{PERSONAL} guardian", "phone": "13700000000"}
        return {"expires_at": expires_at, "given_by": "guardian", "guardian": guardian}

    def _renew(self, chance: Random) -> Command | None:
        kind, consent = self._one_consent(chance)
        return RENEW[kind].model_validate({"id": consent, **self._terms(chance)}) if consent else None

    def _withdraw(self, chance: Random) -> Command | None:
        kind, consent = self._one_consent(chance)
        return WITHDRAW[kind](id=consent) if consent else None

    def _one_consent(self, chance: Random) -> tuple[str, str]:
        """Return the kind of person and the id of a consent that the gateway shows; ("", "") where it shows none."""
        shown = sorted(
            (row["shape"]["person_kind"], one) for one, row in self.world.rows("gateway", "consents").items()
        )
        return chance.choice(shown) if shown else ("", "")

    def _fail(self, chance: Random) -> Command | None:
        """A command about a person that fails: its words stand in a dead letter then."""
        return self._consent(chance)

    # ---- second registrations ------------------------------------------------------------------------------

    def _again(self, chance: Random) -> Command | None:
        """Register a person once more, in any area."""
        letters = self.world.people.letters.values()
        asked = [letter.command for letter in letters if isinstance(letter.command, RegisterVolunteer)]
        if not asked:
            return None
        where = {"area": chance.choice(AREAS), "location": chance.choice(asked).location}
        return chance.choice(asked[-3:]).model_copy(update=where)

    def _decide(self, chance: Random) -> Command | None:
        check = self._one_check(chance, "open")
        outcome = chance.choice(("same_person", "same_person", "another_person", "nobody"))
        return ResolveCheck.model_validate({"id": check["id"], "outcome": outcome}) if check else None

    def _disown(self, chance: Random) -> Command | None:
        check = self._one_check(chance, "open", "same_person")
        if not check:
            return None
        return DisownRegistration(volunteer_id=check["known_id"], check_id=check["id"], reason_code="not_me")

    def _one_check(self, chance: Random, *states: str) -> dict[str, Any]:
        """Return the shape of a check that the gateway shows in one of the states; an empty one where it shows none."""
        shapes = (row["shape"] for row in self.world.rows("gateway", "checks").values())
        found = sorted((shape for shape in shapes if shape["state"] in states), key=lambda shape: str(shape["id"]))
        return chance.choice(found) if found else {}

    # ---- payments ------------------------------------------------------------------------------------------

    def _need(self, chance: Random) -> Command | None:
        """Register a need of any kind."""
        raise NotImplementedError

    def _grant(self, chance: Random) -> Command | None:
        """Register a need for money alone."""
        need = self._need(chance)
        return as_grant(chance, need) if isinstance(need, RegisterNeed) else None

    def _hand_out(self, chance: Random) -> Command | None:
        """State how much of its money a need has got."""
        views = self.world.rows("gateway", "needs").values()
        found = sorted((view for view in views if awaits_money(view)), key=lambda view: str(view["_id"]))
        return draw_statement(chance, chance.choice(found)) if found else None

    def _amend(self, chance: Random) -> Command | None:
        """Correct a need that was written down wrongly."""
        views = self.world.rows("gateway", "needs").values()
        found = sorted((v for v in views if v.get("state") in CORRECTABLE), key=lambda view: str(view["_id"]))
        stations = sorted(self.world.rows("stations", "stations"))
        return draw_amendment(chance, chance.choice(found), stations, instant(self.world.now)) if found else None

    def _pay(self, chance: Random) -> Command | None:
        """Take the next step of a payment, or take back some of one."""
        shapes = (row["shape"] for row in self.world.rows("gateway", "payments").values())
        found = sorted((shape for shape in shapes if shape["state"] != "void"), key=lambda shape: str(shape["id"]))
        return draw_payment(chance, chance.choice(found)) if found else None

    # ---- merges --------------------------------------------------------------------------------------------

    def _merge(self, chance: Random) -> Command | None:
        pair = self._two(chance, "volunteers")
        return MergeVolunteers(volunteer_id=pair[0], into_id=pair[1]) if pair else None

    def _unmerge(self, chance: Random) -> Command | None:
        merged = self._merged(chance, "vol_")
        return UnmergeVolunteers(volunteer_id=merged, reason_code="merged_by_mistake") if merged else None

    def _merge_donors(self, chance: Random) -> Command | None:
        pair = self._two(chance, "donors")
        return MergeDonors(donor_id=pair[0], into_id=pair[1]) if pair else None

    def _unmerge_donors(self, chance: Random) -> Command | None:
        merged = self._merged(chance, "donor_")
        return UnmergeDonors(donor_id=merged, reason_code="merged_by_mistake") if merged else None

    def _two(self, chance: Random, views: str) -> list[str]:
        found = sorted(self.world.rows("gateway", views))
        return chance.sample(found, 2) if len(found) > 1 else []

    def _merged(self, chance: Random, prefix: str) -> str | None:
        views = self.world.rows("gateway", "identities").values()
        found = sorted(v["_id"] for v in views if v["survivor_id"] != v["_id"] and v["_id"].startswith(prefix))
        return chance.choice(found) if found else None
