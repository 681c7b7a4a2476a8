"""The ways of a city: its message gateway, or the file in its place, and its mail server."""

import ssl
from collections.abc import Mapping

from services.volunteering.notices.domain.sending import Way
from services.volunteering.worker.adapters.file import FileAdapter
from services.volunteering.worker.adapters.mail import MailAdapter
from services.volunteering.worker.adapters.message import Adapter
from services.volunteering.worker.adapters.webhook import WebhookAdapter
from services.volunteering.worker.settings import WorkerSettings
from shared.runtime.clock import Clock


def make_adapters(settings: WorkerSettings, clock: Clock) -> Mapping[Way, Adapter]:
    """Return the adapters of the settings; none where the city sends no notices. Raises OSError for a bad CA file."""
    found: dict[Way, Adapter] = {}
    if settings.notice_adapter == "file" and settings.notice_file is not None:
        found["telephone"] = FileAdapter(settings.notice_file)
    if settings.notice_adapter == "webhook":
        found["telephone"] = WebhookAdapter(
            settings.notice_url, settings.notice_secret, _trust(settings), clock.machine
        )
    if (server := settings.mail_server) is not None:
        found["mail"] = MailAdapter(server, _trust(settings), clock.machine)
    return found


def _trust(settings: WorkerSettings) -> ssl.SSLContext:
    tls = ssl.create_default_context()
    if settings.notice_ca_file is not None:
        tls.load_verify_locations(settings.notice_ca_file)
    return tls
