"""Writes the files, and removes those that are no longer described."""

from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings
from tests.client_writer.written import write_all

write_all(create_app(GatewaySettings(amqp_uri="amqp://nowhere/", mongo_uri="mongodb://nowhere/")).openapi())
