"""Sharing: which records of an object a user may read, edit, hand on and delete."""
