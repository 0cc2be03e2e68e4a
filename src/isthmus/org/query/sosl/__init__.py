"""SOSL: searches, from their text to rows.

text → parse (find_clause, grammar) → find records (`isthmus.org.search`) → rows, by the path of queries
"""
