"""Personal data (个人信息) in a service's own store: sealed by a data key for each person, which the key ring wraps.

To forget a person is to delete the person's data key: values sealed with it can never be opened again, in any copy.
A key of the service seals the data that a law keeps longer (`Purpose`). A capability declares its sealed fields in its
`sealed`.
People are found by marks, keyed hashes on their own documents (`marks`), and compared with each other (`likeness`).
"""

from shared.people.keys import (
    COLLECTION,
    DataKey,
    Keeper,
    Purpose,
    Sealer,
    holder_of,
    kept_sealer,
    key_id,
    key_loads,
    key_of,
    make_key,
    make_own_key,
)
from shared.people.marks import NO_MARKS, Marker, MarkKey, Particulars
from shared.people.names import PERSON_KINDS, keep_person_name, names_beside, read_names
from shared.people.reading import KeyGoneError, Opener, OpenKeys, keys_read, read_keys
from shared.people.storage import INDEXES, MARKS_INDEX

__all__ = [
    "COLLECTION",
    "INDEXES",
    "MARKS_INDEX",
    "NO_MARKS",
    "PERSON_KINDS",
    "DataKey",
    "Keeper",
    "KeyGoneError",
    "MarkKey",
    "Marker",
    "OpenKeys",
    "Opener",
    "Particulars",
    "Purpose",
    "Sealer",
    "holder_of",
    "keep_person_name",
    "kept_sealer",
    "key_id",
    "key_loads",
    "key_of",
    "keys_read",
    "make_key",
    "make_own_key",
    "names_beside",
    "read_keys",
    "read_names",
]
