"""Answer links (答复链接): random tokens by which volunteers answer offers, check in and check out without an account.

It owns the collection `answer_links`: the SHA-256 of each token, with the one dispatch that it is for. A link ends with
its dispatch. It stands above dispatch, whose own handlers carry out the acts.
"""

from typing import Final

from services.volunteering.answer_links.handlers import HANDLERS
from services.volunteering.answer_links.queries import QUERIES
from services.volunteering.answer_links.storage import INDEXES
from shared.engine import Capability

CAPABILITY: Final = Capability("answer_links", handlers=HANDLERS, indexes=INDEXES, queries=QUERIES)
