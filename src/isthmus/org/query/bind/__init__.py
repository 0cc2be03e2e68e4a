"""Binding: the tree's names become a schema's objects and fields, its literals are checked."""

from isthmus.org.query.bind.query import bind

__all__ = ["bind"]
