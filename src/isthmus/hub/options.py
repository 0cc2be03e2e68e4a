"""Options: what the values of a hub file may be given, checked when they are made.

>>> Options("route orders").whole("concurrency", 0, 1, 1_000)
Traceback (most recent call last):
    ...
isthmus.hub.options.OptionWrong: route orders: concurrency is 0; it has to be a whole number from 1 to 1,000
"""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

__all__ = ["OptionWrong", "Options"]

_SHOWN_MAX: Final = 60
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""Source: RFC 9110, section 5.6.2."""
SECONDS_MAX: Final = 3_600


class OptionWrong(ValueError):
    """An option was given what it can't be. The message says whose, which, what it is, what it has to be."""


class Options:
    """Checks the options of `owner`, which messages begin with. Each check raises OptionWrong."""

    def __init__(self, owner: str) -> None:
        self._owner = " ".join(owner.split())

    def refuse(self, option: str, given: object, allowed: str) -> NoReturn:
        """Raise OptionWrong."""
        raise OptionWrong(f"{self._owner}: {option} is {_shown(given)}; it has to be {allowed}")

    def whole(self, option: str, given: object, least: int, most: int | None = None, unit: str = "") -> None:
        """A whole number within bounds."""
        fits = isinstance(given, int) and not isinstance(given, bool) and given >= least
        if not fits or (most is not None and isinstance(given, int) and given > most):
            bounds = f", {least:,} or more" if most is None else f" from {least:,} to {most:,}"
            self.refuse(option, given, f"a whole number{unit and f' of {unit}'}{bounds}")

    def number(self, option: str, given: object, least: float, most: float = math.inf) -> None:
        """A finite number within bounds."""
        fits = isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)
        if not (fits and isinstance(given, int | float) and least <= given <= most):
            bounds = f", {least:g} or more" if most == math.inf else f" from {least:g} to {most:g}"
            self.refuse(option, given, f"a number{bounds}")

    def seconds(self, option: str, given: object) -> None:
        """How long to wait for others at most."""
        fits = isinstance(given, int | float) and not isinstance(given, bool) and 0 < given <= SECONDS_MAX
        if not fits:
            self.refuse(option, given, f"a number of seconds, more than 0 and {SECONDS_MAX:,} at most")

    def text(self, option: str, given: object, most: int = 1_000) -> None:
        """Printable text that is not empty."""
        if not isinstance(given, str) or not 0 < len(given) <= most or not given.isprintable():
            self.refuse(option, given, f"text of 1 to {most:,} printable characters")

    def matching(self, option: str, given: object, pattern: str, allowed: str) -> None:
        """Text of a certain form."""
        if not isinstance(given, str) or re.fullmatch(pattern, given) is None:
            self.refuse(option, given, allowed)

    def secret(self, option: str, given: object) -> None:
        """Text that is not shown."""
        if not isinstance(given, str) or not given:
            self.refuse(option, given, "text that is not empty; it is not shown")

    def one_of(self, option: str, given: object, allowed: Iterable[str]) -> None:
        """One of some words."""
        words = tuple(allowed)
        if not isinstance(given, str) or given not in words:
            self.refuse(option, given, f"one of {', '.join(words)}")

    def function(self, option: str, given: object, of: str) -> None:
        """What can be called."""
        if not callable(given) or isinstance(given, type):
            self.refuse(option, given, f"a function of {of}")

    def made(self, option: str, given: object, names: Collection[str], allowed: str) -> None:
        """A value (and not its class) that has what these names call."""
        if isinstance(given, type):
            self.refuse(option, given, f"{allowed}: make one, {given.__name__}(…)")
        if missing := [each for each in names if not hasattr(given, each)]:
            self.refuse(option, given, f"{allowed}, and that has no {', '.join(missing)}")

    def address(self, option: str, given: object, like: str) -> None:
        """The address of a web server."""
        try:
            parts = urlsplit(given.strip()) if isinstance(given, str) else None
            fits = parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)
            fits = fits and parts is not None and (parts.port is None or parts.port > 0)
        except ValueError:
            fits = False
        if not fits:
            self.refuse(option, given, f"an address of a web server, like {like}")

    def file(self, option: str, given: object) -> None:
        """A file that is there."""
        if not isinstance(given, str | Path) or not Path(given).is_file():
            self.refuse(option, given, "a file that is there")

    def header_name(self, option: str, given: object) -> None:
        """A name that an HTTP header can have."""
        if not isinstance(given, str) or _TOKEN.fullmatch(given) is None:
            self.refuse(option, given, "a name of an HTTP header, or None")

    def headers(self, option: str, given: object) -> None:
        """HTTP headers: values are not shown, for they may be secrets."""
        if not isinstance(given, Mapping):
            self.refuse(option, given, "a mapping of header names to text")
        for name, value in given.items():
            if not isinstance(name, str) or _TOKEN.fullmatch(name) is None:
                self.refuse(option, name, "a mapping of header names to text")
            if not isinstance(value, str) or any(ord(each) < 0x20 or ord(each) == 0x7F for each in value):
                self.refuse(f"{option}[{name!r}]", _Hidden(value), "text on one line")

    def statuses(self, option: str, given: object) -> None:
        """HTTP statuses that are no success."""
        if not isinstance(given, Collection) or isinstance(given, str | bytes | Mapping):
            self.refuse(option, given, "some HTTP statuses, like {409}")
        for each in given:
            if not isinstance(each, int) or isinstance(each, bool) or not 300 <= each <= 599:
                self.refuse(option, each, "HTTP statuses from 300 to 599")


class _Hidden:
    def __init__(self, value: object) -> None:
        self._kind = type(value).__name__

    def __repr__(self) -> str:
        return f"a {self._kind} (not shown)"


def _shown(given: Any) -> str:
    if isinstance(given, type):
        return f"the class {given.__name__}"
    text = " ".join(repr(given).split())
    return text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "…"
