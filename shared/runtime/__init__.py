"""Configuration, logging, metrics, health, the vault for personal data, process start and stop.

Nothing is imported here: `shared.runtime.process` patches the standard library before anything uses it.
"""
