"""`python -m deploy.cli` is `lianshan`."""

from deploy.cli import app

app(prog_name="lianshan")
