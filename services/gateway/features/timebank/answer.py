"""Answers about the time bank."""

from collections.abc import Mapping, Sequence

from pydantic import ConfigDict, computed_field

from services.gateway.features.merges.identities import Known
from services.gateway.features.timebank.view import TimebankView
from services.gateway.http.answers import Answer, InstantText
from services.gateway.http.language import words
from shared.contracts.volunteering.timebank import StatementAnswer


class BalanceAnswer(Answer):
    """A person's balance, in minutes, over the accounts of all ids that were merged; `version` counts their changes.

    `area` is that of the person's home.
    """

    volunteer_id: str
    version: int
    area: str
    balance_minutes: int
    credited_at: InstantText


class StatementItem(Answer):
    """One transfer of the account; `minutes` are negative where they left it. `cause` is the dispatch."""

    model_config = ConfigDict(extra="ignore")  # our own answers are read by it, with the word in them

    id: str
    at: InstantText
    minutes: int
    state: str
    reason: str
    cause: str

    @computed_field(description="The word for `reason` in the language of the answer.")  # type: ignore[prop-decorator]
    @property
    def reason_text(self) -> str:
        """The word for the reason of the transfer."""
        return words().term("transfer_reason", self.reason)


class Statement(Answer):
    """A page of an account's transfers, oldest first."""

    items: list[StatementItem]
    next: str | None


class AccountAnswer(Answer):
    """A balance with its statement."""

    volunteer_id: str
    area: str
    balance_minutes: int
    statement: Statement


def sum_up(
    views: Sequence[TimebankView], known: Mapping[str, Known], accounts: Mapping[str, TimebankView]
) -> list[BalanceAnswer]:
    """Return a balance for each person of the page, under the id that stands for all; `accounts` are of merged ids.

    A person's row stands where the account of that id does, else the first one of the merged ids: on one page alone.
    """
    found = []
    for view in views:
        person = known.get(view.id, Known(view.id))
        own = [accounts[one] for one in person.ids if one in accounts] or [view]
        if own[0].id == view.id:
            found.append(_balance_of(person, own))
    return found


def _balance_of(person: Known, accounts: Sequence[TimebankView]) -> BalanceAnswer:
    return BalanceAnswer(
        volunteer_id=person.id,
        version=sum(account.seen for account in accounts),
        area=accounts[0].area,
        balance_minutes=sum(account.balance_minutes for account in accounts),
        credited_at=max(account.credited_at for account in accounts),
    )


def account_from_owner(volunteer_id: str, area: str, page: StatementAnswer) -> AccountAnswer:
    """Return the account with the page of its statement, as volunteering answered it."""
    return AccountAnswer(
        volunteer_id=volunteer_id,
        area=area,
        balance_minutes=page.balance_minutes,
        statement=Statement.model_validate(page.model_dump(mode="json"), extra="ignore"),
    )
