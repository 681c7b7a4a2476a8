"""The payee of a payment, read on record; the other paths are those of the plain form."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.payments import FEATURE
from services.gateway.http.authentication import needs
from services.gateway.http.documented import describe
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from shared.contracts.access import Actor
from shared.contracts.charity.payments import PayeeAnswer, ReadPayee

router = APIRouter(tags=["payments"])


@router.get("/v1/payments/{payment_id}/payee", **describe(PayeeAnswer))
async def read_payee(
    request: Request,
    payment_id: str,
    caller: Annotated[Actor, Depends(needs("payments:record"))],
    backend: TheBackend,
) -> Response:
    """Show the payee and the evidence of the last record: to those who record payments and read personal data.

    The read is recorded.
    """
    if await backend.views.one(FEATURE.view, payment_id, caller) is None:
        raise not_found("payment", payment_id)
    query = ReadPayee(payment_id=payment_id)
    found = await backend.queries.ask(query, actor=caller, why=f"GET {request.url.path}")
    if found is None:
        raise not_found("payee", payment_id)
    return reply(found)
