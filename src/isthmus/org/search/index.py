"""Index: which records may have what is looked for. What they really have, `matching` decides.

Each word stands in the index after the letter of its field's group, so that a search within one group does
not look into others. Phrases are looked up by their words, wildcards by what stands before them, and what
must not be found is not looked up: that finds too much, never too little.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.database import Connection, Dialect, Transaction, Value
from isthmus.kernel.ids import DIGITS, number_of, record_id
from isthmus.org.search.changes import PREFIX_END
from isthmus.org.search.expression import Either, Every, Expression, Pattern, Phrase, Without
from isthmus.org.search.fields import Group, SearchedField

_WORD_MAX: Final = 60
"""Of a longer word this much is indexed: PostgreSQL's vectors have a bound."""
_BYTES_MAX: Final = 1_000_000
"""Of a record's words together, for the same reason."""
_COUNTER_BITS: Final = 45
_FLAT_MAX: Final = 50
"""Longer lists are joined as a balanced tree: databases limit an expression's depth."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How a database writes an expression over words, and the statements that it takes."""

    every: str
    either: str
    word: str
    beginning: str
    put: str
    remove: str
    remove_all_of: str
    clear: str
    find: str


_SQLITE: Final = _Form(
    every=" AND ",
    either=" OR ",
    word='"{}"',
    beginning='"{}" *',
    put='INSERT OR REPLACE INTO "isthmus_search" (rowid, words) VALUES (?, ?)',
    remove='DELETE FROM "isthmus_search" WHERE rowid = ?',
    remove_all_of='DELETE FROM "isthmus_search" WHERE rowid >= ? AND rowid < ?',
    clear="""INSERT INTO "isthmus_search" ("isthmus_search") VALUES ('delete-all')""",
    find=(
        'SELECT rowid FROM "isthmus_search" WHERE "isthmus_search" MATCH ? '
        "AND rowid > ? AND rowid < ? ORDER BY rowid LIMIT ?"
    ),
)
_POSTGRESQL: Final = _Form(
    every=" & ",
    either=" | ",
    word="'{}'",
    beginning="'{}':*",
    put=(
        'INSERT INTO "isthmus_search" ("id", "words") '
        "VALUES (?, array_to_tsvector(string_to_array(?, ' '))) "
        'ON CONFLICT ("id") DO UPDATE SET "words" = excluded."words"'
    ),
    remove='DELETE FROM "isthmus_search" WHERE "id" = ?',
    remove_all_of='DELETE FROM "isthmus_search" WHERE "id" > ? AND "id" < ?',
    clear='DELETE FROM "isthmus_search"',
    find=(
        'WITH found AS MATERIALIZED (SELECT "id" FROM "isthmus_search" WHERE "words" @@ CAST(? AS tsquery)) '
        'SELECT "id" FROM found WHERE "id" > ? AND "id" < ? ORDER BY "id" LIMIT ?'
    ),
)


def put(tx: Transaction, records: Iterable[tuple[str, str]]) -> None:
    """Index records, each as (id, words), or index them anew; one without words is removed."""
    form, key = _form(tx.dialect), _key(tx.dialect)
    with_words, without = [], []
    for record, words in records:
        if words:
            with_words.append((key(record), words))
        else:
            without.append(record)
    if with_words:
        tx.execute_many(form.put, with_words)
    remove(tx, without)


def remove(tx: Transaction, ids: Iterable[str]) -> None:
    """Forget records."""
    key = _key(tx.dialect)
    if rows := [(key(each),) for each in ids]:
        tx.execute_many(_form(tx.dialect).remove, rows)


def remove_all_of(tx: Transaction, prefix: str) -> None:
    """Forget every record of a key prefix."""
    tx.execute(_form(tx.dialect).remove_all_of, _span(tx.dialect, prefix))


def clear(tx: Transaction) -> None:
    """Forget everything, at once and without a trace."""
    tx.execute(_form(tx.dialect).clear)


def words(fields: Sequence[SearchedField], values: Sequence[Value]) -> str:
    """The words of a record as they are indexed, each once."""
    found: dict[str, None] = {}
    for each, value in zip(fields, values, strict=True):
        if isinstance(value, str):
            letter = each.group.value
            found.update((letter + word[:_WORD_MAX], None) for place in each.words(value) for word in place)
    text = " ".join(found)
    if len(text) * 4 > _BYTES_MAX and len(encoded := text.encode()) > _BYTES_MAX:
        text = encoded[:_BYTES_MAX].decode(errors="ignore").rpartition(" ")[0]
    return text


class Candidates:
    """The records of one object that may have what is looked for in these groups; `instance` is the org's
    three-character tag.
    """

    def __init__(
        self,
        connection: Connection,
        instance: str,
        prefix: str,
        expression: Expression,
        groups: Sequence[Group],
    ) -> None:
        self._connection = connection
        self._form = _form(connection.dialect)
        self._sought = _Writer(self._form, groups).write(expression)
        self._prefix = prefix
        self._instance = instance
        self._after, self._end = _span(connection.dialect, prefix)

    def page(self, most: int) -> list[str]:
        """The next ids, in their order; fewer than `most` at the end."""
        rows = self._connection.rows(self._form.find, (self._sought, self._after, self._end, most))
        if not rows:
            return []
        self._after = rows[-1][0]
        return [self._id(row[0]) for row in rows]

    def _id(self, key: Value) -> str:
        if isinstance(key, int):
            return record_id(self._prefix, self._instance, key & ((1 << _COUNTER_BITS) - 1))
        return str(key)


class _Writer:
    def __init__(self, form: _Form, groups: Sequence[Group]) -> None:
        self._form = form
        self._letters = [each.value for each in groups]

    def write(self, expression: Expression) -> str:
        written = self._write(expression)
        assert written is not None, "something is looked for"
        return written

    def _write(self, expression: Expression) -> str | None:
        """The expression over words; None: it leaves nothing out."""
        form = self._form
        match expression:
            case Phrase():
                in_groups = [
                    _joined(form.every, [self._word(letter, each) for each in expression.patterns])
                    for letter in self._letters
                ]
                return _joined(form.either, in_groups)
            case Every():
                parts = [each for part in expression.parts if (each := self._write(part)) is not None]
                return _joined(form.every, parts) if parts else None
            case Either():
                found = [self._write(part) for part in expression.parts]
                known = [each for each in found if each is not None]
                return _joined(form.either, known) if len(known) == len(found) else None
            case Without():
                return None

    def _word(self, letter: str, pattern: Pattern) -> str:
        template = self._form.word if pattern.whole is None else self._form.beginning
        return template.format(letter + pattern.start[:_WORD_MAX])


def _joined(sign: str, parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    if len(parts) > _FLAT_MAX:
        middle = len(parts) // 2
        return f"({_joined(sign, parts[:middle])}{sign}{_joined(sign, parts[middle:])})"
    return f"({sign.join(parts)})"


def _form(dialect: Dialect) -> _Form:
    return _SQLITE if dialect.name == "sqlite" else _POSTGRESQL


def _key(dialect: Dialect) -> Callable[[str], Value]:
    """What makes a record's key in the index of its id."""
    return _row_of if dialect.name == "sqlite" else str


def _row_of(record: str) -> int:
    """An id as a number that keeps the order of ids; the org's own tag is left out."""
    return _base(record[:3]) | number_of(record)


def _base(prefix: str) -> int:
    first, second, third = map(DIGITS.index, prefix)
    return ((first * len(DIGITS) + second) * len(DIGITS) + third) << _COUNTER_BITS


def _span(dialect: Dialect, prefix: str) -> tuple[Value, Value]:
    """Between which keys those of a key prefix lie."""
    if dialect.name == "sqlite":
        return _base(prefix), _base(prefix) + (1 << _COUNTER_BITS)
    return prefix, prefix + PREFIX_END
