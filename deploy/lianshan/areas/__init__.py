"""The register of administrative areas: its files, and their upload through the gateway."""
