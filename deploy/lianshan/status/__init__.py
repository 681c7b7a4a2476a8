"""The status of a platform: its processes, queues, outboxes, doors and pauses, read now, and all that is not well."""

from deploy.lianshan.status.facts import Status
from deploy.lianshan.status.reading import read_status
from deploy.lianshan.status.verdict import find_wrong

__all__ = ["Status", "find_wrong", "read_status"]
