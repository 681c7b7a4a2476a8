"""The paths of plain features, made from their declarations in `services/gateway/features`."""
