"""Read stored documents with the entities of an older release, as its replicas do: run with that release's tree.

Gets [[module, class, document], …] as BSON on its input; prints the entities as JSON.
"""

import importlib
import json
import sys
from typing import Any

import bson
from bson.codec_options import CodecOptions


def main() -> None:
    told = []
    options: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
    for module, name, document in bson.decode(sys.stdin.buffer.read(), options)["documents"]:
        model = getattr(importlib.import_module(module), name)
        told.append(json.loads(model.from_document(document).model_dump_json()))
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
