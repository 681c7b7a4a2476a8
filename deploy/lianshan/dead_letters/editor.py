"""A body in the operator's own editor, in a file that nobody else reads and that is gone afterwards."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path


def in_editor(body: bytes) -> bytes | None:
    """What the editor of VISUAL or EDITOR left; None where it left all as it was. Raises OSError where it fails."""
    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
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
