"""Schema: what objects and fields the org has, where they come from, and how they lie in the database."""
