"""Adapters: each decodes a wire's request, asks the `Org`, and encodes the answer. They never import each
other.
"""
