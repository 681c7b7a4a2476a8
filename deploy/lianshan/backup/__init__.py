"""A platform's whole state in one file, taken while it runs, and put back into an empty one.

`make_backup` reads every database as it was at one moment and adds what was then on its way through RabbitMQ;
`restore_backup` puts both back, so that every message reaches those who have not handled it yet.
"""
