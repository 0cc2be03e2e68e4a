"""Givens: what a run gives to the expressions of a statement, as a table of one row that it joins.

An expression that is selected, grouped and sorted by has to be the same text in each place. With parameters
of its own it were not, each `?` being another; with columns of that row it is.
"""

from typing import Final

from isthmus.org.query.plan import Maker, Parameter

_ALIAS: Final = "run"


class Givens:
    """Collects what one statement is given."""

    def __init__(self) -> None:
        self._columns: dict[str, str] = {}
        self.parameters: list[Parameter] = []
        """In the order of the text."""

    def column(self, name: str, kind: str, make: Maker, at: int | None = None) -> str:
        """The column of a value of an SQL type; the same for each of that name. `at`: see `Parameter`."""
        if name not in self._columns:
            self._columns[name] = f"CAST(? AS {kind}) AS {name}"
            self.parameters.append(Parameter(make, at))
        return f"{_ALIAS}.{name}"

    @property
    def columns(self) -> list[str]:
        """Every column that is given."""
        return [f"{_ALIAS}.{name}" for name in self._columns]

    @property
    def joined(self) -> str:
        """The join of that row, '' where nothing is given."""
        if not self._columns:
            return ""
        return f" CROSS JOIN (SELECT {', '.join(self._columns.values())}) AS {_ALIAS}"
