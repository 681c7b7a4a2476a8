"""Copies (个人信息副本) of all that the services hold on a person, as one file. Stores nothing: each owner is asked."""
