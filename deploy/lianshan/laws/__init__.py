"""The laws L1 to L4, checked on the stores of a running platform.

The checks only read, stream large collections, and know the services by their stored documents, never by their code.
They are meant for a platform at rest: `find_pending_work` tells whether it is.
"""

from deploy.lianshan.laws.check import LAWS, check_each_law, check_laws, word_breaches
from deploy.lianshan.laws.rest import find_pending_work

__all__ = ["LAWS", "check_each_law", "check_laws", "find_pending_work", "word_breaches"]
