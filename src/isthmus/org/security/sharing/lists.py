"""Lists: a list of values as one parameter, a JSON array, so that a statement's text is always the same."""

from isthmus.kernel.database import Dialect


def values_of(dialect: Dialect) -> str:
    """The values of the array, to stand after IN."""
    if dialect.name == "sqlite":
        return "(SELECT value FROM json_each(?))"
    return "(SELECT jsonb_array_elements_text(CAST(? AS jsonb)))"
