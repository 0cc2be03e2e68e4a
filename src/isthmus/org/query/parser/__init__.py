"""The parser: SOQL's text to its tree. A tokenizer of one expression, then recursive descent, by parts."""

from isthmus.org.query.parser.grammar import parse

__all__ = ["parse"]
