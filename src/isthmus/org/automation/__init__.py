"""Automation: what runs during saves because the org's project declares it."""
