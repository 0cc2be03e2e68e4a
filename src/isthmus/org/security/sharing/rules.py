"""Rules: what is shared with whom beyond the owners, as the project says; kept in `isthmus_sharing_rules`.

A rule shares the records whose owners are in a group (`source_id`), or those that meet criteria, with a group
(`target_id`). Source: Salesforce Help, "Sharing Rule Types".
"""

from collections.abc import Iterable
from dataclasses import dataclass

from isthmus.kernel.database import Connection, Transaction
from isthmus.org.security.sharing.criteria import Criteria, criteria_in


@dataclass(frozen=True, slots=True)
class SharingRule:
    """One rule. It has a source or criteria. `levels` are `Read`, `Edit` or `None`: that of the record, and
    of a rule on accounts those of their contacts, opportunities and cases.
    """

    sobject: str
    name: str
    target_id: str
    levels: tuple[str, ...]
    source_id: str | None = None
    criteria: Criteria | None = None


def rules_of(connection: Connection, sobject: str) -> list[SharingRule]:
    """The rules of an object, in the order of their names."""
    rows = connection.rows(
        'SELECT "sobject", "name", "target_id", "levels", "source_id", "criteria" '
        'FROM "isthmus_sharing_rules" WHERE "sobject" = ? ORDER BY "name"',
        (sobject,),
    )
    return [
        SharingRule(
            str(row[0]),
            str(row[1]),
            str(row[2]),
            tuple(str(row[3]).split(",")),
            None if row[4] is None else str(row[4]),
            None if row[5] is None else criteria_in(str(row[5])),
        )
        for row in rows
    ]


def replace_rules(tx: Transaction, rules: Iterable[SharingRule]) -> set[str]:
    """Let these be the rules; returns the objects whose rules were others before."""
    wanted = {(each.sobject, each.name): _row(each) for each in rules}
    there = {
        (str(row[0]), str(row[1])): row
        for row in tx.rows(
            'SELECT "sobject", "name", "source_id", "target_id", "levels", "criteria" '
            'FROM "isthmus_sharing_rules"'
        )
    }
    gone = [key for key, row in there.items() if wanted.get(key) != row]
    new = [row for key, row in wanted.items() if there.get(key) != row]
    tx.execute_many('DELETE FROM "isthmus_sharing_rules" WHERE "sobject" = ? AND "name" = ?', gone)
    tx.execute_many(
        'INSERT INTO "isthmus_sharing_rules" ("sobject", "name", "source_id", "target_id", "levels", '
        '"criteria") VALUES (?, ?, ?, ?, ?, ?)',
        new,
    )
    return {sobject for sobject, _ in gone} | {str(row[0]) for row in new}


def _row(rule: SharingRule) -> tuple[str | None, ...]:
    criteria = None if rule.criteria is None else rule.criteria.text()
    return rule.sobject, rule.name, rule.source_id, rule.target_id, ",".join(rule.levels), criteria
