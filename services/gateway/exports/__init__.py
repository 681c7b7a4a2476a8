"""The process that writes exports of reports: `python -m services.gateway.exports`. Any number of them may run."""
