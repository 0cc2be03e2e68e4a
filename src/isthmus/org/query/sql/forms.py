"""Forms: the few expressions that SQLite and PostgreSQL write differently.

A list of values is one parameter, a JSON array, so that a statement's text does not depend on its length.
"""

from dataclasses import dataclass
from typing import Final

from isthmus.kernel.database import Dialect


@dataclass(frozen=True, slots=True)
class Forms:
    """`texts`, `numbers`: the values of a list, to stand after IN. `contains`: see `Contains`; `{column}` is
    a text between semicolons, the parameter a JSON array of arrays of texts."""

    texts: str
    numbers: str
    contains: str
    nulls_first_ascending: bool
    """Where nulls are sorted unless the text says."""
    sum: str
    """The sum of a decimal `{column}` with `{scale}` digits: of its digits, not of the binary fractions that
    stand for them, so that the order of the rows makes no difference."""
    whole_sum: str
    """The sum of an integer `{column}`."""
    of_extreme: str
    """The `{plain}` text of the row whose `{folded}` one is the first or last, by `{function}`. U+0001, which
    sorts before everything that a text is likely to hold, stands between the two."""
    sorted: str
    """A column by which rows are to be sorted, rather than read in the order of its index. SQLite, which has
    no statistics, takes one bound for a quarter of the rows; PostgreSQL knows better by itself."""
    rows: str
    """The rows of a list, a JSON array of arrays, as `given`."""
    cell: str
    """The value at `{place}`, of the SQL type `{type}`, of a row of `given`."""
    sweeps: bool
    """Whether there is a plan of its own for who sees most records. PostgreSQL plans by its statistics."""


_SQLITE: Final = Forms(
    texts="(SELECT value FROM json_each(?))",
    numbers="(SELECT value FROM json_each(?))",
    contains=(
        "EXISTS (SELECT 1 FROM json_each(?) AS choice WHERE NOT EXISTS ("
        "SELECT 1 FROM json_each(choice.value) AS wanted WHERE "
        "instr(';' || {column} || ';', wanted.value) = 0))"
    ),
    nulls_first_ascending=True,
    sum="ROUND(SUM({column}), {scale})",
    whole_sum="SUM({column})",
    of_extreme=(
        "substr({function}({folded} || char(1) || {plain}), "
        "instr({function}({folded} || char(1) || {plain}), char(1)) + 1)"
    ),
    sorted="+{column}",
    rows="json_each(?) AS given",
    cell="json_extract(given.value, '$[{place}]')",
    sweeps=True,
)
_POSTGRESQL: Final = Forms(
    texts="(SELECT jsonb_array_elements_text(CAST(? AS jsonb)))",
    numbers="(SELECT CAST(jsonb_array_elements_text(CAST(? AS jsonb)) AS DOUBLE PRECISION))",
    contains=(
        "EXISTS (SELECT 1 FROM jsonb_array_elements(CAST(? AS jsonb)) AS choice WHERE NOT EXISTS ("
        "SELECT 1 FROM jsonb_array_elements_text(choice) AS wanted WHERE "
        "strpos(';' || {column} || ';', wanted) = 0))"
    ),
    nulls_first_ascending=False,
    sum="CAST(ROUND(SUM(CAST(CAST({column} AS TEXT) AS NUMERIC)), {scale}) AS DOUBLE PRECISION)",
    whole_sum="CAST(SUM({column}) AS BIGINT)",
    of_extreme=(
        "substr({function}({folded} || chr(1) || {plain}), "
        "strpos({function}({folded} || chr(1) || {plain}), chr(1)) + 1)"
    ),
    sorted="{column}",
    rows="jsonb_array_elements(CAST(? AS jsonb)) AS given(value)",
    cell="(given.value ->> {place})::{type}",
    sweeps=False,
)
_BY_DIALECT: Final = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}


def forms(dialect: Dialect) -> Forms:
    """The forms of a dialect."""
    return _BY_DIALECT[dialect.name]
