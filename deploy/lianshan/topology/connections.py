"""The connections of the broker's clients, with the properties that each client has given."""

import os
from collections.abc import Mapping
from typing import Any

from deploy.lianshan.local import rabbitmq
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.topology.state import MANAGEMENT, is_embedded, open_management, read_answer


def read_connections(folder: Folder, amqp_uri: str) -> list[Mapping[str, Any]] | None:
    """Return the properties that each client of the broker has given; None where nothing shows them. Raises OSError."""
    if url := os.environ.get(MANAGEMENT):
        with open_management(url, amqp_uri) as (client, host):
            rows = read_answer(client, client.get(f"/api/vhosts/{host}/connections"))
            return [row.get("client_properties") or {} for row in rows]
    if not is_embedded(folder, amqp_uri):
        return None
    found = rabbitmq.ask(folder, "list_connections", "client_properties")
    return [{name: value for name, _, value in row["client_properties"]} for row in found]
