"""Broken texts: queries that may be wrong in any way: spoiled ones, random words, random characters."""

import random
import re

_TOKEN = re.compile(r"'(?:\\.|[^'\\])*'?|\w+|\s+|.", re.DOTALL)
_WORDS = (
    *("SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "NOT IN", "LIKE", "INCLUDES", "EXCLUDES"),
    *("NULL", "GROUP BY", "HAVING", "ORDER BY", "ASC", "DESC", "NULLS FIRST", "NULLS LAST", "LIMIT"),
    *("OFFSET", "ROLLUP", "CUBE", "GROUPING", "USING SCOPE", "mine", "team", "everything", "FOR VIEW"),
    *("FOR UPDATE", "FOR REFERENCE", "UPDATE TRACKING", "UPDATE VIEWSTAT", "ALL ROWS", "WITH"),
    *("SECURITY_ENFORCED", "AS", "USER_MODE", "DATA CATEGORY", "AT", "TYPEOF", "WHEN", "THEN", "ELSE"),
    *("END", "FIELDS", "ALL", "CUSTOM", "COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"),
    *("toLabel", "FORMAT", "convertCurrency", "convertTimezone", "DISTANCE", "GEOLOCATION"),
    *("CALENDAR_YEAR", "DAY_ONLY", "HOUR_IN_DAY", "FISCAL_YEAR", "TODAY", "LAST_N_DAYS"),
    *("LAST_N_DAYS:3", "NEXT_N_YEARS:9999", "N_WEEKS_AGO:0", "THIS_FISCAL_YEAR", "Account", "Contact"),
    *("Gem__c", "Facet__c", "Task", "User", "Name", "Contacts", "Gems__r", "Facets__r", "Id", "Name"),
    *("Type", "OwnerId", "Owner", "What", "Who", "CreatedDate", "IsDeleted", "Industry", "x1"),
    *("Account__r", "Cuts__c", "Shade__c", "Found__c", "Seen__c", "Opens__c", "Price__c", "Place__c"),
    *("Secret__c", "Hidden__c", "Exact__c", "Story__c", "BillingAddress", "UserRecordAccess"),
    *("Nonesuch__c", "(", ")", "(", ")", ",", ".", "=", "!=", "<>", "<", "<=", ">", ">=", ":", ":id"),
    *("*", "%", "@", "--", ";", "'x'", "''", "'a%'", "'_'", "'it\\'s'", "'\\q'", "'\\u12'"),
    *("'\\ud83d'", "'", '"', "\\", "true", "false", "0", "1", "-1", "+2", "1.5", "1e9", "9" * 30),
    *("-" + "9" * 19, "0.0000000000000000001", "USD5000", "2026-01-09", "2026-02-30", "0000-00-00"),
    *("9999-12-31", "1699-12-31", "2026-01-09T10:00:00Z", "2026-01-09T10:00:00+08:00"),
    *("2026-01-09T25:00:00Z", "2026-01-09T10:00:00", "09:30:00.000Z", "24:00:00", "'001000000000001'"),
    *("'001000000000001AAA'", "'nonsense'", "'0017Ab000000001QAA'", "SELECT Id FROM"),
)
_CHARACTERS = (
    "\0\t\n\r\x1f !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ßéΩ日🦀"
    "\u0301\u200b\u202e\ufeff\ufffd\ud800\udfff\U0010ffff"
)


_OTHERS = (
    "SELECT Id, Name, Type, LastViewedDate FROM RecentlyViewed WHERE Type IN ('Account', 'Gem__c') "
    "AND LastViewedDate != null ORDER BY LastViewedDate DESC LIMIT 5",
    "SELECT RecordId, HasReadAccess, MaxAccessLevel FROM UserRecordAccess "
    "WHERE UserId = '0057Ab000000002QAA' AND RecordId IN ('0017Ab000000001QAA', 'a007Ab000000002QAA')",
)
"""Of objects that the generator leaves out."""


def some_text(chance: random.Random, right: str) -> str:
    """A text that is no query, or one that may be wrong. `right` is one that is right, to be spoiled."""
    kind = chance.random()
    if kind < 0.6:
        return _spoiled(chance, right if kind < 0.5 else chance.choice(_OTHERS))
    if kind < 0.85:
        words = " ".join(chance.choice(_WORDS) for _ in range(chance.randint(1, 30)))
        return words if kind < 0.7 else f"SELECT Id FROM Gem__c WHERE {words}"
    characters = "".join(_character(chance) for _ in range(chance.randint(0, 60)))
    return characters if kind < 0.93 else f"SELECT Id FROM Account WHERE Name = '{characters}' LIMIT 1"


def _spoiled(chance: random.Random, right: str) -> str:
    tokens: list[str] = _TOKEN.findall(right)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if not tokens:
            break
        place = chance.randrange(len(tokens))
        match chance.randrange(8):
            case 0:
                del tokens[place]
            case 1:
                tokens.insert(place, f" {chance.choice(_WORDS)} ")
            case 2:
                tokens[place] = chance.choice(_WORDS)
            case 3:
                tokens.insert(place, tokens[chance.randrange(len(tokens))])
            case 4:
                other = chance.randrange(len(tokens))
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case 5:
                token = tokens[place]
                at = chance.randrange(len(token) + 1)
                tokens[place] = token[:at] + _character(chance) + token[at + chance.randrange(2) :]
            case 6:
                tokens = tokens[:place]
            case _:
                end = chance.randint(place, len(tokens))
                tokens[place:end] = tokens[place:end] * chance.choice((2, 3, 40))
    return "".join(tokens)


def _character(chance: random.Random) -> str:
    return chance.choice(_CHARACTERS) if chance.random() < 0.8 else chr(chance.randrange(0x110000))
