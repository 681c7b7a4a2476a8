"""Bodies: an account, a password, a sign-in."""

from typing import Annotated, Final

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from services.gateway.access.password_rules import LONGEST, SHORTEST
from shared.contracts.access import Role
from shared.contracts.areas import AreaCode
from shared.contracts.messages import Id, Message
from shared.contracts.personal_numbers import refuse_personal_numbers

_NAME_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{2,31}$"
MOST_CODE_CHARACTERS: Final = 40
AccountName = Annotated[str, StringConstraints(pattern=_NAME_PATTERN, to_lower=True)]
"""A name to sign in by: letters, digits, `.`, `_` and `-` behind a letter or digit; capitals count as small letters."""
Password = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
NewPassword = Annotated[str, StringConstraints(min_length=SHORTEST, max_length=LONGEST)]
_PASSWORD_IS: Final = (
    f"{SHORTEST} to {LONGEST} characters of any script, without rules of composition; common ones are refused."
)


class AccountIn(Message):
    """A sign-in account for a person. Without an area it reaches everywhere."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "elm-lane-2", "roles": ["station_worker"], "area": "110102009017"}],
        }
    )

    name: Annotated[AccountName, AfterValidator(refuse_personal_numbers)] = Field(
        description="The name to sign in by; choose one that is no number of a person."
    )
    roles: tuple[Role, ...] = Field(min_length=1, max_length=10, description="The roles; none may do more than yours.")
    area: AreaCode | None = Field(
        default=None, description="The area that the account reaches; null: everywhere, or for a volunteer."
    )
    volunteer_id: Id | None = Field(
        default=None, description="The volunteer whose own account it is, with the role `volunteer` alone."
    )


class SessionIn(Message):
    """The name and the password of an account."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "elm-lane-2", "password": "seven grey herons by the lake"}]}
    )

    name: AccountName = Field(description="The name of the account.")
    password: Password = Field(repr=False, description="Its password.")


class PasswordIn(Message):
    """A new password, with the one-time code of the account."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"code": "7KQF-2M9X-0HTB-RW4C", "password": "seven grey herons by the lake"}]}
    )

    code: str = Field(
        min_length=1, max_length=MOST_CODE_CHARACTERS, repr=False, description="The one-time code, however it is typed."
    )
    password: NewPassword = Field(repr=False, description=_PASSWORD_IS)


class ChangePasswordIn(Message):
    """Another password in the place of the present one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"password": "seven grey herons by the lake", "new_password": "eight white geese on the ice"}]
        }
    )

    password: Password = Field(repr=False, description="The present password.")
    new_password: NewPassword = Field(repr=False, description=_PASSWORD_IS)
