"""The city in memory: every service on stores and queues in memory, driven by one seed and one heap of coming events.

The real `Processor` runs here, with the real commit, reader, outbox, timers and failure handling beneath it, over a
small MongoDB (`store`) and a small RabbitMQ (`broker`) in memory. The alternative was a loop of its own around the pure
`decide`: shorter and faster, but retry, halving, conflict and repetition would then be written twice, and faults of the
real ones could not be found. Only `Loop`, which blocks on sockets, is mirrored (`replica`). A replica runs in a
greenlet that may be paused or killed at each call to a server, so that two replicas truly interleave.

The modules from the bottom: `store`, `documents`, `broker`, `adversary`, `replica`, `standby` (the sequencers' lease),
`world`, `town` (the actions of people), `laws`, `play` (a city from its seed), `shrink`, `planted`, `known`;
`python -m tests.city` is `make city`.
"""
