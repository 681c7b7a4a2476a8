"""Answers about the time bank."""

from pydantic import ConfigDict, computed_field

from services.gateway.features.timebank.view import TimebankView
from services.gateway.http.answers import Answer, InstantText
from services.gateway.http.language import words
from shared.contracts.volunteering.timebank import StatementAnswer


class BalanceAnswer(Answer):
    """A balance, in minutes."""

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


def balance_from_view(view: TimebankView) -> BalanceAnswer:
    """Return the balance as its view shows it."""
    return BalanceAnswer(
        volunteer_id=view.id,
        version=view.seen,
        area=view.area,
        balance_minutes=view.balance_minutes,
        credited_at=view.credited_at,
    )


def account_from_owner(volunteer_id: str, area: str, page: StatementAnswer) -> AccountAnswer:
    """Return the account with the page of its statement, as volunteering answered it."""
    return AccountAnswer(
        volunteer_id=volunteer_id,
        area=area,
        balance_minutes=page.balance_minutes,
        statement=Statement.model_validate(page.model_dump(mode="json"), extra="ignore"),
    )
