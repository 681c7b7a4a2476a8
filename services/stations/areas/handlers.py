"""The import of a register of administrative areas."""

from typing import Final

from services.stations.areas.domain import Area, collect_names, common_area, imported
from shared.contracts.stations.areas import AreasImported, ImportAnswer, ImportAreas
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming


def import_areas(message: Incoming[ImportAreas]) -> Handling:
    """Store the rows that are new or renamed, and make the areas around them known.

    Announces nothing where nothing has changed.
    """
    rows = message.data.rows
    names = collect_names(rows)
    yield [Get(Area, code) for code in names]
    work = yield TURN
    written = {row.code for row in rows}
    changed = 0
    # Two replicas may both make the street around their rows known: the ids collide, and the later one decides
    # again. All else goes by id, too, so no decision can miss an insert of another replica.
    for code, name in names.items():
        area = imported(code, name, work.get(Area, code))
        if area is not None:
            work.put(area)
            # Areas that only become known are no rows of the import.
            changed += code in written
    if changed:
        data = AreasImported(count=len(rows), changed=changed)
        work.emit_about(data, subject=work.new_id("import"), version=1, area=common_area(written))
    return ImportAnswer(count=len(rows), changed=changed)


HANDLERS: Final[HandlerTable] = {ImportAreas: import_areas}
