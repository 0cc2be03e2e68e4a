"""FORMAT(): values as a locale writes them."""

import subprocess
import sys

import pytest
from tests.unit.org.query.objects import plain

from isthmus.kernel.database import Value
from isthmus.org.query.locale_formats import formatted
from isthmus.org.schema.instants import parse_date, parse_datetime, parse_time
from isthmus.org.schema.model import Field, FieldType

AMOUNT = plain("Amount", FieldType.CURRENCY, precision=18, scale=2)
DAY = plain("Day__c", FieldType.DATE)
MOMENT = plain("CreatedDate", FieldType.DATETIME)
CLOCK = plain("Clock__c", FieldType.TIME)
NUMBER = plain("Number__c", FieldType.DOUBLE, precision=18, scale=2)
WHOLE = plain("Count__c", FieldType.INT)
SHARE = plain("Share__c", FieldType.PERCENT, precision=18, scale=1)

DECEMBER = parse_date("2015-12-28")
EVENING = parse_datetime("2025-04-10T22:31:37Z")


def written(field: Field, value: Value, locale: str = "en_US", zone: str = "America/Los_Angeles") -> Value:
    return formatted(field, locale, zone)(value)


@pytest.mark.parametrize(
    ("locale", "day", "moment", "amount"),
    [
        # source: SOQL and SOSL Reference, FORMAT(): American English, and a day in other orders
        ("en_US", "12/28/2015", "4/10/2025, 3:31 PM", "$44,000.00"),
        # source: the CLDR's short forms, with all digits of the year
        ("en_GB", "28/12/2015", "10/04/2025, 15:31", "US$44,000.00"),
        ("de_DE", "28.12.2015", "10.04.2025, 15:31", "44.000,00\xa0$"),
        ("fr_FR", "28/12/2015", "10/04/2025 15:31", "44\u202f000,00\xa0$US"),
        ("sv_SE", "2015-12-28", "2025-04-10 15:31", "44\xa0000,00\xa0US$"),
        ("ja_JP", "2015/12/28", "2025/04/10 15:31", "$44,000.00"),
        ("no_NO", "28.12.2015", "10.04.2025, 15:31", "44\xa0000,00\xa0USD"),
    ],
)
def test_each_locale_writes_in_its_own_form(locale: str, day: str, moment: str, amount: str) -> None:
    found = (
        written(DAY, DECEMBER, locale),
        written(MOMENT, EVENING, locale),
        written(AMOUNT, 44000.0, locale),
    )
    assert found == (day, moment, amount)


@pytest.mark.parametrize("locale", ["xx_XX", "", "en_US_POSIX_1", "en_QQ"])
def test_a_locale_that_is_unknown_writes_as_the_next_one_that_is_known(locale: str) -> None:
    assert written(AMOUNT, -0.5, locale) == "-$0.50"


def test_more_than_language_and_country_does_not_matter() -> None:
    assert written(DAY, DECEMBER, "fr_FR_EURO") == "28/12/2015"
    assert written(DAY, DECEMBER, "zh_CN_PINYIN") == "2015/12/28"


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        (NUMBER, -1234.5, "-1,234.50"),
        (NUMBER, 0.125, "0.13"),
        (NUMBER, 1e15, "1,000,000,000,000,000.00"),
        (WHOLE, 1_000_000, "1,000,000"),
        (SHARE, 12.25, "12.3%"),
        (SHARE, 50.0, "50.0%"),
        (CLOCK, parse_time("09:30:00Z"), "9:30 AM"),
        (CLOCK, parse_time("00:00:00Z"), "12:00 AM"),
        (AMOUNT, None, None),
    ],
)
def test_numbers_have_the_decimals_of_their_field(field: Field, value: Value, text: Value) -> None:
    assert written(field, value) == text


def test_a_moment_is_one_of_the_users_clock_and_a_day_is_not() -> None:
    midnight = parse_datetime("2026-01-01T00:00:00Z")
    assert written(MOMENT, midnight, zone="Asia/Tokyo") == "1/1/2026, 9:00 AM"
    assert written(MOMENT, midnight, zone="Nowhere") == "1/1/2026, 12:00 AM"
    assert written(DAY, parse_date("2026-01-01")) == "1/1/2026"
    assert written(MOMENT, parse_datetime("1700-01-01T12:00:00Z"), zone="UTC") == "1/1/1700, 12:00 PM"


def test_the_library_is_loaded_by_the_first_query_that_formats() -> None:
    told = "import sys, isthmus.assembly; print('babel' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
