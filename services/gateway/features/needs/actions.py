"""The actions on a need: a command to its station, and the need as it stands afterwards."""

from starlette.responses import Response

from services.gateway.backend import Backend
from services.gateway.features.needs.answer import NeedAnswer, need_after_command
from services.gateway.features.needs.view import NeedView
from services.gateway.http.replies import reply
from services.gateway.messaging.commands import Origin
from shared.contracts import Command
from shared.contracts.stations import need_answers as contract


async def act_on_need(backend: Backend, origin: Origin, command: Command) -> Response:
    """Send the command to stations, and answer the need as its view shows it then."""
    answer = await backend.commands.send(command, contract.NeedAnswer, origin)
    view = await backend.wait_for_view(NeedView, answer)
    return reply(need_after_command(NeedAnswer, answer, view))
