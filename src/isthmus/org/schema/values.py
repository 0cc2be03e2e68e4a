"""Values: how each field type travels in Python and lies in SQL, the same on both databases.

| type                               | stored as                                                              |
|------------------------------------|------------------------------------------------------------------------|
| id, reference                      | text, 18 characters, binary                                            |
| every text                         | text, NFC, trimmed at the end; '' is NULL; where filterable, a *shadow* |
|                                    | column beside it (`"Name~"`) holds `fold(value)`, binary, for search   |
| boolean                            | integer 0 or 1, never NULL                                             |
| int, long                          | integer                                                                |
| double, currency, percent          | double, rounded half-up to the field's scale when saved                |
| date                               | integer: milliseconds of its midnight UTC since the epoch              |
| datetime                           | integer: milliseconds since the epoch                                  |
| time                               | integer: milliseconds since midnight                                   |
| base64                             | text: the blob's name                                                  |
| address, location                  | not stored: put together from their parts                              |

A stored value is `None`, `int`, `float` or `str` (`isthmus.kernel.database.Value`).
"""
