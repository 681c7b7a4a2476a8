"""Notices (通知) to volunteers, at `/v1/notices`, and the choice of a volunteer. The owner is asked for both."""
