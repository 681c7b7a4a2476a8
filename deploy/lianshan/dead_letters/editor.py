"""The operator's own editor: a body in a file that nobody else can read and that is removed afterwards."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path


def edit_in_editor(body: bytes) -> bytes | None:
    """Open the body in the editor of VISUAL or EDITOR, else in vi; return the new body, or None where it is the same.

    Raises OSError where the editor cannot be started or ends with a failure.
    """
    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    # The folder of mkdtemp is its owner's alone, so that no copy which the editor keeps beside the file can be read.
    with tempfile.TemporaryDirectory(prefix="lianshan-") as folder:
        path = Path(folder, "body.json")
        path.write_bytes(body)
        path.chmod(0o600)
        try:
            subprocess.run([*command, str(path)], check=True)
        except subprocess.CalledProcessError as error:
            raise OSError(f"the editor {command[0]} ended with {error.returncode}: nothing is sent") from None
        edited = path.read_bytes()
    return None if edited == body else edited
