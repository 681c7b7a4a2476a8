"""Sign-in accounts (登录账号) of people, their sessions and passwords. The API process alone writes them."""

from typing import Final

from services.gateway.features.accounts.view import INDEXES
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("accounts", indexes=INDEXES)
