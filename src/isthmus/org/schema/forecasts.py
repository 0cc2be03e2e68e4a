"""Forecasts: the categories that an opportunity's stage can put it into, and what users call them.

Source: Object Reference, OpportunityStage, ForecastCategory and ForecastCategoryName.
"""

from collections.abc import Mapping
from typing import Final

FORECAST_NAMES: Final[Mapping[str, str]] = {
    "Omitted": "Omitted",
    "Pipeline": "Pipeline",
    "BestCase": "Best Case",
    "Forecast": "Commit",
    "Closed": "Closed",
    "MostLikely": "Most Likely",
}
"""`ForecastCategoryName` by `ForecastCategory`."""
FORECAST_CATEGORIES: Final[Mapping[str, str]] = {name: category for category, name in FORECAST_NAMES.items()}
"""`ForecastCategory` by `ForecastCategoryName`."""
