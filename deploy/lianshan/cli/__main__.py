"""`python -m deploy.lianshan.cli` is `lianshan`."""

from deploy.lianshan.cli import app

if __name__ == "__main__":
    app(prog_name="lianshan")
