"""Volunteering (志愿服务): people, dispatch, the time bank and matching, a capability a folder."""
