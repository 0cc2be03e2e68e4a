"""Tables: what sharing keeps beside the share objects (component `sharing`).

`isthmus_grantees` says whom a user stands for: each user or group (`grantee_id`) whose shares the user has.
`own` tells what users are themselves, or are members of, from what they have of those below them.
"""

from collections.abc import Sequence
from typing import Final

from isthmus.kernel.database import Dialect, Migration

COMPONENT: Final = "sharing"


def _tables(dialect: Dialect) -> Sequence[str]:
    text, integer, flag = dialect.text, dialect.integer, dialect.flag
    return (
        f'CREATE TABLE "isthmus_grantees" ("user_id" {text} NOT NULL, "grantee_id" {text} NOT NULL, '
        f'"own" {flag} NOT NULL, PRIMARY KEY ("user_id", "grantee_id"))',
        'CREATE INDEX "isthmus_grantees_by_grantee" ON "isthmus_grantees" ("grantee_id")',
        f'CREATE TABLE "isthmus_sharing_rules" ("sobject" {text} NOT NULL, "name" {text} NOT NULL, '
        f'"source_id" {text}, "target_id" {text} NOT NULL, "levels" {text} NOT NULL, "criteria" {text}, '
        'PRIMARY KEY ("sobject", "name"))',
        f'CREATE TABLE "isthmus_sharing_state" ("sobject" {text} PRIMARY KEY, "model" {text} NOT NULL)',
        f'CREATE TABLE "isthmus_sharing_work" ("id" {integer} PRIMARY KEY, "kind" {text} NOT NULL, '
        f'"sobject" {text} NOT NULL, "field" {text} NOT NULL, "value" {text} NOT NULL, '
        f'"position" {text} NOT NULL)',
        'CREATE UNIQUE INDEX "isthmus_sharing_work_of" ON "isthmus_sharing_work" '
        '("kind", "sobject", "field", "value")',
    )


def _who_changed(dialect: Dialect) -> Sequence[str]:
    return (f'ALTER TABLE "isthmus_sharing_work" ADD COLUMN "user_id" {dialect.text} NOT NULL DEFAULT \'\'',)


MIGRATIONS: Final = (
    Migration(1, "grantees, sharing rules, and sharing that is yet to be recalculated", _tables),
    Migration(2, "whose change it is that has to be followed", _who_changed),
)
