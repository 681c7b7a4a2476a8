"""Mutants that no test can find, because they change nothing that anybody could see; each with the reason."""

from collections.abc import Mapping
from typing import Final

EQUIVALENT: Final[Mapping[str, str]] = {
    "services.stations.needs.domain.intake.x_to_line__mutmut_84": (
        "`/` for `//`: the factor is whole and below 2**53, so that the quotient is exact and becomes the same integer"
    ),
    "services.volunteering.dispatch.domain.demand.x__requirement_of__mutmut_2": (
        "another dispatch id for a slot of which only the times are used"
    ),
    "services.stations.needs.domain.need.x_lines_committed__mutmut_9": (
        "`strict=None` for True: a need has one committed amount for each line, which other tests hold"
    ),
    "shared.engine.store.audit_blocks.xǁAuditBlocksǁfind_late__mutmut_6": (
        "reads the lists of rows as well, which nothing looks at there"
    ),
    "services.volunteering.dispatch.domain.recheck.x_next_recheck__mutmut_3": (
        "`|` for `&`: asks every staffing for reminders, and only those two states have one"
    ),
    "shared.engine.store.audit_blocks.xǁAuditBlocksǁ_find_last__mutmut_1": (
        "no filter for an empty one: to PyMongo both are every document"
    ),
    "shared.engine.store.collections.x__create__mutmut_2": (
        "`check_exists=None` for False: PyMongo takes it as a truth value"
    ),
    "shared.engine.store.due_rows.xǁDueRowsǁ_lease__mutmut_38": "a projection of another field: MongoDB adds `_id`",
    "shared.engine.store.letters.xǁLettersǁfind_unchanged__mutmut_13": (
        "reads whole documents, of which it looks at `_id`"
    ),
    "shared.engine.store.reader.xǁReaderǁ_find__mutmut_7": (
        "without `strict`: each query's `fetch` returns one list for each of the queries, which other tests hold"
    ),
    "shared.engine.store.untimed.xǁUntimedǁdelete_batch__mutmut_8": (
        "reads whole documents, of which it looks at `state`"
    ),
    "shared.engine.store.former_letters.x_keep_former__mutmut_20": (
        "`redelivered` of a delivery that is never handed out: a letter keeps its queue, body, properties and key"
    ),
    "shared.ledger.core.x__new__mutmut_13": "leaves `version=0` out, which is the default of every entity",
}
"""By the mutant's name; the numbers in the names move when the function changes."""
