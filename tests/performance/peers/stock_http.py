"""Peer `stock_http`: a POST by nameko's `@http` and an `RpcProxy` to a service that does nothing, as its documentation
would have it. No validation, no key, no store: the least that a write over HTTP and RabbitMQ costs with it.
"""
# nameko ships no types: subclasses and decorators of it are untyped.
# mypy: disable-error-code="misc, untyped-decorator"

import json
import os
import sys

import eventlet

eventlet.monkey_patch()

from typing import Any  # noqa: E402 - nothing may be imported before the patch

from nameko.rpc import RpcProxy, rpc  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402
from nameko.web.handlers import http  # noqa: E402


class Edge:
    name = "stock_edge"
    owner = RpcProxy("stock_owner")

    @http("POST", "/v1/needs")
    def create(self, request: Any) -> tuple[int, dict[str, str], str]:
        answer = self.owner.register(json.loads(request.get_data(as_text=True)))
        return 201, {"Content-Type": "application/json"}, json.dumps(answer)


class Owner:
    name = "stock_owner"

    @rpc
    def register(self, need: dict[str, Any]) -> dict[str, Any]:
        return need


def main(service: str) -> None:
    runner = ServiceRunner(
        {"AMQP_URI": os.environ["LIANSHAN_AMQP_URI"], "WEB_SERVER_ADDRESS": os.environ["BENCH_HTTP_ADDRESS"]}
    )
    runner.add_service({"edge": Edge, "owner": Owner}[service])
    runner.start()
    runner.wait()


if __name__ == "__main__":
    main(sys.argv[1])
