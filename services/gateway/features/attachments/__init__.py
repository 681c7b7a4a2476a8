"""Attachments (附件) of needs, at `/v1/needs/{need_id}/attachments`: streams of bytes, and no view of them."""
