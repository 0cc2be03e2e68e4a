"""Record ids: 15 characters that identify, 3 that guard against a lost case.

A record id is a 3-character key prefix, a 3-character instance tag and a 9-digit base-62 counter; the
18-character form adds one character for each five, which carries their upper-case pattern. Ids are stored,
compared and answered in the 18-character form; ids of one prefix sort, as binary text, in the order in which
they were given out.

>>> to_18("001D000000IqhSL")
'001D000000IqhSLIAZ'
>>> to_18("001D000000IqhSLIAZ")
'001D000000IqhSLIAZ'
"""

import random
import secrets
from typing import Final

DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SUFFIXES: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ALLOWED: Final = frozenset(DIGITS)
_CASES: Final = bytes(1 if 65 <= code <= 90 else 0 for code in range(256))
_GUARDS: Final = {bytes(bits >> place & 1 for place in range(5)): char for bits, char in enumerate(_SUFFIXES)}
"""The guarding character of five characters, of which 1 says A–Z."""
_COUNTER_AT: Final = 6
_COUNTER_DIGITS: Final = 9
_PAIRS: Final = tuple(first + second for first in DIGITS for second in DIGITS)


class MalformedId(ValueError):
    """The text is not an id."""


def suffix(id15: str) -> str:
    """The three guarding characters of a 15-character id: bit i of each is set where character i is A–Z."""
    cases = id15.encode("ascii").translate(_CASES)
    return _GUARDS[cases[:5]] + _GUARDS[cases[5:10]] + _GUARDS[cases[10:]]


def to_18(text: str) -> str:
    """The 18-character form of a 15- or 18-character id.

    An 18-character id is accepted in any case and restored from its suffix, as the platform does. Raises
    MalformedId.
    """
    if len(text) == 15 and _ALLOWED.issuperset(text):
        return text + suffix(text)
    if len(text) == 18 and _ALLOWED.issuperset(text):
        if suffix(text[:15]) == text[15:]:
            return text
        return _restore(text)
    raise MalformedId(text)


def _restore(text: str) -> str:
    chars = []
    for at, guard in zip((0, 5, 10), text[15:].upper(), strict=True):
        bits = _SUFFIXES.find(guard)
        if bits < 0:
            raise MalformedId(text)
        for place, char in enumerate(text[at : at + 5]):
            chars.append(char.upper() if bits >> place & 1 else char.lower())
    id15 = "".join(chars)
    guards = suffix(id15)
    if guards != text[15:].upper():  # it says of a digit that it is in upper case
        raise MalformedId(text)
    return id15 + guards


def base62(number: int, width: int = _COUNTER_DIGITS) -> str:
    """`number` in base 62, at least `width` digits; the digits sort as binary text."""
    digits = ""
    while number:
        number, pair = divmod(number, len(_PAIRS))
        digits = _PAIRS[pair] + digits
    return digits.lstrip("0").rjust(width, "0")


def record_id(prefix: str, instance: str, number: int) -> str:
    """The 18-character id of the `number`th record of a key prefix, in the org with the tag `instance`."""
    id15 = prefix + instance + base62(number)
    return id15 + suffix(id15)


def number_of(record_id: str) -> int:
    """The number that `record_id` made an id of.

    >>> number_of(record_id("001", "7Ab", 4711))
    4711
    """
    number = 0
    for digit in record_id[_COUNTER_AT : _COUNTER_AT + _COUNTER_DIGITS]:
        number = number * len(DIGITS) + DIGITS.index(digit)
    return number


class Ids:
    """Ids and other random text for one org. Seeded, it repeats itself (for tests); else no one can guess."""

    def __init__(self, seed: int | None = None) -> None:
        self._random: random.Random = secrets.SystemRandom() if seed is None else random.Random(seed)

    def instance_tag(self) -> str:
        """A new org's 3-character tag."""
        return self.text(3)

    def text(self, length: int) -> str:
        """`length` random base-62 characters: tokens, passwords, keys."""
        return "".join(self._random.choice(DIGITS) for _ in range(length))

    def uuid(self) -> str:
        """A random UUID (version 4), in the usual form."""
        bits = self._random.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62) | 0x4 << 76 | 0x2 << 62
        text = f"{bits:032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
