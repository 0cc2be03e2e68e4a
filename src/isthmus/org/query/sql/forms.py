"""Forms: the few expressions that SQLite and PostgreSQL write differently.

A list of values is one parameter, a JSON array, so that a statement's text does not depend on its length.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, get_args

from isthmus.kernel.database import POSTGRESQL, Dialect
from isthmus.org.query import literals
from isthmus.org.schema.tables import Kind


@dataclass(frozen=True, slots=True)
class Forms:
    """`texts`, `numbers`: the values of a list, to stand after IN. `contains`: see `Contains`; `{column}` is
    a text between semicolons, the parameter a JSON array of arrays of texts."""

    texts: str
    numbers: str
    contains: str
    exact_like: str
    """That the text of a `{column}` whose case counts is like a pattern, which `exact_pattern` makes of the
    literal."""
    exact_pattern: Callable[[str], str]
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
    rounded: str
    """A double `{value}` as both databases have it."""
    sorted: str
    """A column by which rows are to be sorted, rather than read in the order of its index. SQLite, which has
    no statistics, takes one bound for a quarter of the rows; PostgreSQL knows better by itself."""
    rows: str
    """The rows of a list, a JSON array of arrays, as `given`."""
    cell: str
    """The value at `{place}`, of the SQL type `{type}`, of a row of `given`."""
    nulls: Mapping[Kind, str]
    """A null of each kind of column, sorted as those are."""
    moment: str
    """The moment of a `{column}` of milliseconds, as `date_parts` take it, in UTC."""
    local_moment: str
    """The same as a clock shows it in the time zone `{zone}`."""
    date_parts: Mapping[str, str]
    """Parts of a `{moment}`: numbers, days of the week from 0 (Sunday) on, and `DAY_ONLY` as milliseconds."""
    constant: str
    """The text whose UTF-8 bytes are `{hex}`: a text of the schema that stands in the statement itself."""
    sweeps: bool
    """Whether there is a plan of its own for who sees most records. PostgreSQL plans by its statistics."""
    lock: str
    """What ends a statement that locks the rows of the table `{alias}`. SQLite has one writer: who is it has
    locked all."""


_ROUNDED: Final = "floor({value} * 1e8 + 0.5) / 1e8"
"""In doubles alone: PostgreSQL would round to fifteen digits first, on the way to a numeric."""
_SQLITE: Final = Forms(
    texts="(SELECT value FROM json_each(?))",
    numbers="(SELECT value FROM json_each(?))",
    contains=(
        "EXISTS (SELECT 1 FROM json_each(?) AS choice WHERE NOT EXISTS ("
        "SELECT 1 FROM json_each(choice.value) AS wanted WHERE "
        "instr(';' || {column} || ';', wanted.value) = 0))"
    ),
    exact_like="{column} GLOB ?",
    exact_pattern=literals.glob,
    nulls_first_ascending=True,
    sum="ROUND(SUM({column}), {scale})",
    whole_sum="SUM({column})",
    of_extreme=(
        "substr({function}({folded} || char(1) || {plain}), "
        "instr({function}({folded} || char(1) || {plain}), char(1)) + 1)"
    ),
    rounded=_ROUNDED,
    sorted="+{column}",
    rows="json_each(?) AS given",
    cell="json_extract(given.value, '$[{place}]')",
    constant="CAST(x'{hex}' AS TEXT)",
    nulls=dict.fromkeys(get_args(Kind), "NULL"),
    moment="{column} / 1000.0",
    local_moment="local_time({column}, {zone}) / 1000.0",
    date_parts={
        "CALENDAR_YEAR": "CAST(strftime('%Y', {moment}, 'unixepoch') AS INTEGER)",
        "CALENDAR_MONTH": "CAST(strftime('%m', {moment}, 'unixepoch') AS INTEGER)",
        "DAY_IN_MONTH": "CAST(strftime('%d', {moment}, 'unixepoch') AS INTEGER)",
        "DAY_IN_WEEK": "CAST(strftime('%w', {moment}, 'unixepoch') AS INTEGER)",
        "DAY_IN_YEAR": "CAST(strftime('%j', {moment}, 'unixepoch') AS INTEGER)",
        "HOUR_IN_DAY": "CAST(strftime('%H', {moment}, 'unixepoch') AS INTEGER)",
        "DAY_ONLY": "CAST(strftime('%s', {moment}, 'unixepoch', 'start of day') AS INTEGER) * 1000",
    },
    sweeps=True,
    lock="",
)
_POSTGRESQL: Final = Forms(
    texts="(SELECT jsonb_array_elements_text(CAST(? AS jsonb)))",
    numbers="(SELECT CAST(jsonb_array_elements_text(CAST(? AS jsonb)) AS DOUBLE PRECISION))",
    contains=(
        "EXISTS (SELECT 1 FROM jsonb_array_elements(CAST(? AS jsonb)) AS choice WHERE NOT EXISTS ("
        "SELECT 1 FROM jsonb_array_elements_text(choice) AS wanted WHERE "
        "strpos(';' || {column} || ';', wanted) = 0))"
    ),
    exact_like="{column} LIKE ? ESCAPE '\\'",
    exact_pattern=literals.exact_pattern,
    nulls_first_ascending=False,
    sum="CAST(ROUND(SUM(CAST(CAST({column} AS TEXT) AS NUMERIC)), {scale}) AS DOUBLE PRECISION)",
    whole_sum="CAST(SUM({column}) AS BIGINT)",
    of_extreme=(
        "substr({function}({folded} || chr(1) || {plain}), "
        "strpos({function}({folded} || chr(1) || {plain}), chr(1)) + 1)"
    ),
    rounded=_ROUNDED,
    sorted="{column}",
    rows="jsonb_array_elements(CAST(? AS jsonb)) AS given(value)",
    cell="(given.value ->> {place})::{type}",
    constant="convert_from('\\x{hex}', 'UTF8')",
    nulls={
        "text": 'CAST(NULL AS TEXT) COLLATE "C"',
        "integer": f"CAST(NULL AS {POSTGRESQL.integer})",
        "double": f"CAST(NULL AS {POSTGRESQL.double})",
        "flag": f"CAST(NULL AS {POSTGRESQL.flag})",
    },
    moment="(to_timestamp({column} / 1000.0) AT TIME ZONE 'UTC')",
    local_moment="(to_timestamp({column} / 1000.0) AT TIME ZONE {zone})",
    date_parts={
        "CALENDAR_YEAR": "CAST(EXTRACT(YEAR FROM {moment}) AS INTEGER)",
        "CALENDAR_MONTH": "CAST(EXTRACT(MONTH FROM {moment}) AS INTEGER)",
        "DAY_IN_MONTH": "CAST(EXTRACT(DAY FROM {moment}) AS INTEGER)",
        "DAY_IN_WEEK": "CAST(EXTRACT(DOW FROM {moment}) AS INTEGER)",
        "DAY_IN_YEAR": "CAST(EXTRACT(DOY FROM {moment}) AS INTEGER)",
        "HOUR_IN_DAY": "CAST(EXTRACT(HOUR FROM {moment}) AS INTEGER)",
        "DAY_ONLY": "CAST(EXTRACT(EPOCH FROM date_trunc('day', {moment})) AS BIGINT) * 1000",
    },
    sweeps=False,
    lock=" FOR UPDATE OF {alias}",
)
_BY_DIALECT: Final = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}


def forms(dialect: Dialect) -> Forms:
    """The forms of a dialect."""
    return _BY_DIALECT[dialect.name]
