"""The audit (审计): writes and reads of personal data of all services, each asked of its owner. Stores nothing."""
