"""Search: the full-text index. What is searched, how text becomes words, and how the index keeps up.

save → changes (in the save's transaction) → upkeep → index       search → index and changes → matching
"""
