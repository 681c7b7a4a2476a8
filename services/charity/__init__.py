"""The charity service: donors, donations, community funds, stock, and the linking of resources to needs."""
