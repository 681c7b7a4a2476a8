"""`python -m deploy.cli` is `lianshan`."""

from deploy.cli import app

if __name__ == "__main__":
    app(prog_name="lianshan")
