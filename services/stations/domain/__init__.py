"""The rules of areas, stations and needs; pure."""
