"""Decimals: a number field's value between what a wire carries and the double that is stored.

>>> to_double("1.005", 2)
1.01
>>> java_text(16147805824397.0)
'1.6147805824397E13'
"""

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_CONTEXT: Final = Context(prec=400, rounding=ROUND_HALF_UP)


def to_double(raw: int | float | str, scale: int) -> float:
    """`raw`, rounded half-up (away from zero) to `scale` digits after the point.

    What is rounded is the decimal that was written, not the double nearest to it. Raises ValueError where a
    text is not a number, OverflowError where the number is no finite double.
    """
    if isinstance(raw, str) and not _NUMBER.fullmatch(raw):
        raise ValueError(raw)
    value = float(raw)
    if not math.isfinite(value):
        raise OverflowError(raw)
    if (
        round(value, scale) == value
    ):  # nothing to round; exact, since both are the double nearest to one decimal
        return value + 0.0  # no negative zero
    written = Decimal(raw if isinstance(raw, str) else repr(value))
    return float(written.quantize(Decimal(1).scaleb(-scale), context=_CONTEXT)) + 0.0


def to_integer(raw: int | float | str) -> int:
    """`raw` as an integer; zeros after a point are accepted. Raises ValueError, OverflowError."""
    if isinstance(raw, int):
        return raw
    if isinstance(raw, str) and not _NUMBER.fullmatch(raw):
        raise ValueError(raw)
    written = Decimal(raw)
    if not written.is_finite():
        raise OverflowError(raw)
    if written.adjusted() > 18:
        raise OverflowError(raw)
    if written != written.to_integral_value():
        raise ValueError(raw)
    return int(written)


def java_text(value: float) -> str:
    """A double as Java prints it, and with it the platform's CSV and XML.

    It is plain from 0.001 up to ten million, else it has an exponent. Source: values reported from real orgs
    in github.com/forcedotcom/cli issue 3367 and github.com/forcedotcom/dataloader issue 1204.
    """
    if value == 0.0 or 1e-3 <= abs(value) < 1e7:
        text = repr(value)
        if "e" not in text:
            return text
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    mantissa = "".join(map(str, digits))
    power = exponent + len(digits) - 1
    return f"{'-' if sign else ''}{mantissa[0]}.{mantissa[1:] or '0'}E{power}"
