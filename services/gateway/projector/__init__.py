"""The projector: the nameko process that writes the gateway's feed and views."""
