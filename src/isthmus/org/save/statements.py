"""Statements: the SQL of one object's saves.

Texts are made once per set of columns, and parameters in their order.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

from isthmus.kernel.database import Connection, Row, Transaction, Value
from isthmus.org.save.encrypted import codec_of
from isthmus.org.schema.model import SObjectType
from isthmus.org.schema.tables import has_shadow, is_stored, quoted, shadow_name
from isthmus.org.schema.values import Stored, fold

K = TypeVar("K")
Bind: TypeAlias = Callable[[Mapping[str, Stored]], list[Value]]

_TEXTS_MAX: Final = 256
IN_LIST_MAX: Final = 200
"""Values in one `IN (…)`; longer lists are asked in parts."""


class Statements:
    """Insert, update and read statements of one object. `unsearched` fields have nothing in their shadows."""

    def __init__(self, sobject: SObjectType, unsearched: Container[str] = ()) -> None:
        self.table = quoted(sobject.name)
        fields = [each for each in sobject.fields if is_stored(each)]
        self.names: tuple[str, ...] = tuple(each.name for each in fields)
        self._read_names = self.names if "IsDeleted" in self.names else (*self.names, "IsDeleted")
        self._shadows = {each.name: shadow_name(each) for each in fields if has_shadow(each)}
        self._codec = codec_of(fields, unsearched)
        self._inserts: dict[frozenset[str], tuple[str, Bind]] = {}
        self._updates: dict[tuple[frozenset[str], str], tuple[str, Bind]] = {}
        self._select = f"SELECT {', '.join(map(quoted, self._read_names))} FROM {self.table}"

    def read(self, connection: Connection, ids: Sequence[str], lock: bool) -> dict[str, dict[str, Stored]]:
        """The records with these ids, deleted ones too, by id. `lock` keeps others from changing them
        (PostgreSQL).
        """
        suffix = ' ORDER BY "Id" FOR UPDATE' if lock and connection.dialect.name == "postgresql" else ""
        names = self._read_names
        at = names.index("Id")
        found: dict[str, dict[str, Stored]] = {}
        for row in in_parts(connection, f'{self._select} WHERE "Id" IN ({{}}){suffix}', ids):
            found[str(row[at])] = dict(zip(names, row, strict=True))  # type: ignore[arg-type] # no column holds bytes
        if self._codec is not None:
            self._codec.open(found.values())
        return found

    def insert(self, columns: frozenset[str]) -> tuple[str, Bind]:
        """The statement that inserts these columns, and what makes its parameters."""
        found = self._inserts.get(columns)
        if found is None:
            names, bind = self._parameters(columns)
            marks = ", ".join("?" * len(names))
            sql = f"INSERT INTO {self.table} ({', '.join(map(quoted, names))}) VALUES ({marks})"
            found = _remember(self._inserts, columns, (sql, bind))
        return found

    def update(self, columns: frozenset[str], by: str = "Id") -> tuple[str, Bind]:
        """The statement that sets these columns where `by` is the id, and what makes its parameters, the id
        last.
        """
        found = self._updates.get((columns, by))
        if found is None:
            names, bind = self._parameters(columns)
            sets = ", ".join(f"{quoted(name)} = ?" for name in names)
            sql = f"UPDATE {self.table} SET {sets} WHERE {quoted(by)} = ?"
            made = (sql, lambda values: [*bind(values), values["Id"]])
            found = _remember(self._updates, (columns, by), made)
        return found

    def _parameters(self, columns: frozenset[str]) -> tuple[list[str], Bind]:
        plain = [name for name in self.names if name in columns]
        folded = [name for name in plain if name in self._shadows]
        columns_named = [*plain, *(self._shadows[name] for name in folded)]
        if self._codec is not None:
            return columns_named, self._codec.binder(plain, folded)

        def bind(values: Mapping[str, Stored]) -> list[Value]:
            get = values.get
            parameters: list[Value] = list(map(get, plain))
            for name in folded:
                text = get(name)
                parameters.append(fold(text) if isinstance(text, str) else None)
            return parameters

        return columns_named, bind


def _remember(texts: dict[K, tuple[str, Bind]], key: K, made: tuple[str, Bind]) -> tuple[str, Bind]:
    if len(texts) >= _TEXTS_MAX:
        texts.clear()
    texts[key] = made
    return made


def run_each(tx: Transaction, sql: str, rows: Sequence[Sequence[Value]]) -> None:
    """Run a statement for each row; a single one goes the short way."""
    if len(rows) == 1:
        tx.execute(sql, rows[0])
    elif rows:
        tx.execute_many(sql, rows)


def in_parts(
    connection: Connection, sql: str, values: Iterable[Value], before: Sequence[Value] = ()
) -> list[Row]:
    """The rows of `sql`, whose `{}` stands for the values of an `IN` list, asked in parts of bounded length.

    Lists are filled up to a power of two by repeating the last value, so that few statement texts are
    prepared. `before` are the parameters that stand before the list.
    """
    pending = list(values)
    rows: list[Row] = []
    for start in range(0, len(pending), IN_LIST_MAX):
        part = pending[start : start + IN_LIST_MAX]
        size = 1 << (len(part) - 1).bit_length()
        part += [part[-1]] * (size - len(part))
        rows += connection.rows(sql.format(", ".join("?" * size)), [*before, *part])
    return rows
