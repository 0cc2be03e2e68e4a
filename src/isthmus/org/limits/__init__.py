"""Limits: what an org may use in a window of time, and what it has used."""
