"""Currencies: an org has one, and no others beside it."""

from typing import Final

CURRENCY: Final = "USD"
"""The org's currency."""
SYMBOL: Final = "$"
