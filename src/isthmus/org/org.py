"""Org: everything an adapter may ask, in the org's own words. No rule lives in an adapter; they all ask here."""
