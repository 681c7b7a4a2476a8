"""The second, plain process of volunteering: `python -m services.volunteering.worker` sends notices to people."""
