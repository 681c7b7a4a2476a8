"""A node of RabbitMQ as far as its metrics for Prometheus go."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

METRICS = """\
# TYPE rabbitmq_disk_space_available_bytes gauge
rabbitmq_disk_space_available_bytes{{node="rabbit@a"}} {free:g}
rabbitmq_disk_space_available_limit_bytes 1000000000
rabbitmq_process_resident_memory_bytes {used:g}
rabbitmq_resident_memory_limit_bytes 1.0e9
rabbitmq_resident_memory_limit_bytes_other 1
"""


def metrics(*, free: float = 50e9, used: float = 2e8) -> str:
    """The metrics of a node with so many bytes free on its disk and used of its memory; it alarms at 1e9 of both."""
    return METRICS.format(free=free, used=used)


@dataclass
class BrokerNode:
    """The node: its address, and its answer, which may be changed."""

    url: str = ""
    text: str = ""
    status: int = 200


@contextmanager
def broker_node(text: str, status: int = 200) -> Iterator[BrokerNode]:
    """A node that answers so."""
    node = BrokerNode("", text, status)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(node.status)
            self.end_headers()
            self.wfile.write(node.text.encode())

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    node.url = f"http://127.0.0.1:{server.server_port}/metrics"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield node
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
