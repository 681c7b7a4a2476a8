"""The path of a need, for `lianshan trace`: its events as a tree of causes, from stored events; no collector needed.

It is read from the gateway's API and not from the stores: the gateway has every event with its cause and every reason,
needs one key and no database password, and answers any machine.
"""

from deploy.lianshan.need_path.facts import TraceError, fetch_facts
from deploy.lianshan.need_path.path import find_path
from deploy.lianshan.need_path.tree import render_tree

__all__ = ["TraceError", "fetch_facts", "find_path", "render_tree"]
