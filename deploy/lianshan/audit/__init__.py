"""The audit of the services, verified against its chained blocks."""

from deploy.lianshan.audit.verification import KEPT, ServiceAudit, read_heads, verify_audit

__all__ = ["KEPT", "ServiceAudit", "read_heads", "verify_audit"]
