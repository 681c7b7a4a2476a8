"""The public face: an HTTP API over the three services, and the feed of every event.

Two processes: `python -m services.gateway` (FastAPI, asyncio) answers HTTP; `python -m services.gateway.projector`
(nameko, eventlet) writes the feed and the read models. `declaration.py` is all that operations need of both.
"""
