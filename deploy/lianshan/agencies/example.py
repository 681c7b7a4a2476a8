"""The example that an agency gets with its password; docs/agencies.md has it in other languages, too."""

from typing import Final

SUBSCRIBER: Final = """\
import json
import os

import pika


def receive(channel, method, properties, body):
    event = json.loads(body)
    # Keep it under source and id before you acknowledge it: it may come twice.
    print(event["source"], event["id"], event["type"], event["area"], flush=True)
    channel.basic_ack(method.delivery_tag)


connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
channel = connection.channel()
channel.basic_qos(prefetch_count=100)
channel.basic_consume(os.environ["AMQP_QUEUE"], receive)
channel.start_consuming()  # ends with an error when the connection is lost: have it started again
"""
"""Prints each event of the agency's queue, named by AMQP_URL and AMQP_QUEUE."""
