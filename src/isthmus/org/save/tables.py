"""Tables: what the save path keeps beside the records, with their migrations (component `save`)."""

from typing import Final

from isthmus.kernel.database import Dialect, Migration

COMPONENT: Final = "save"


def _recycle_bin(dialect: Dialect) -> tuple[str, ...]:
    text, integer, flag = dialect.text, dialect.integer, dialect.flag
    return (
        f'CREATE TABLE "isthmus_recycle_bin" ('
        f'"id" {text} PRIMARY KEY, "sobject" {text} NOT NULL, "root" {text} NOT NULL, '
        f'"deleted_at" {integer} NOT NULL, "deleted_by" {text} NOT NULL, '
        f'"emptied" {flag} NOT NULL DEFAULT 0)',
        'CREATE INDEX "isthmus_recycle_bin_root" ON "isthmus_recycle_bin" ("root")',
        'CREATE INDEX "isthmus_recycle_bin_due" ON "isthmus_recycle_bin" ("deleted_at")',
        f'CREATE TABLE "isthmus_cleared_lookup" ('
        f'"root" {text} NOT NULL, "sobject" {text} NOT NULL, "field" {text} NOT NULL, '
        f'"id" {text} NOT NULL, "parent" {text} NOT NULL, PRIMARY KEY ("root", "field", "id"))',
    )


MIGRATIONS: Final = (Migration(1, "the recycle bin", _recycle_bin),)
