"""Does the index leave out no record that has what is looked for, whatever its text?"""

from random import Random

import pytest
from tests.contract.search.world import PAPER, Library

from isthmus.kernel.database import Connection
from isthmus.org.schema.tables import quoted, table
from isthmus.org.search.expression import Either, Every, Expression, Without, is_long_enough, phrase_of
from isthmus.org.search.fields import Group, searched_fields
from isthmus.org.search.matching import Record
from isthmus.org.search.words import ANY_CHARACTERS, ONE_CHARACTER

LETTERS = "aAbBeéÉe\u0301ßẞıİiIσςΣﬁﬀ12²½Ⅷ٣०कि‍ʰªǅ𝐀𝟙ꭰ\u1c90\U0001e900東京ｱアｶﾞガ가한กำ😀_-'.&@/\\\":*!|()<> "
PIECES = ["acme", "a1b2", "labs", "x" * 70, "<b>", "&amp;", "415", "R&D", "ada@ex.com", "\t", "\n", "'", "''"]


def text(random: Random) -> str:
    parts = [random.choice(PIECES) if random.random() < 0.2 else random.choice(LETTERS) for _ in range(12)]
    return "".join(parts[: random.randint(1, 12)])


def phrase(random: Random, texts: list[str]) -> Expression:
    """A phrase of what is written somewhere, cut at random, with wildcards now and then."""
    while True:
        whole = random.choice(texts)
        start = random.randint(0, len(whole))
        cut = list(whole[start : start + random.randint(1, 4)])
        for at in range(len(cut)):
            if random.random() < 0.1:
                cut[at] = random.choice([ANY_CHARACTERS, ONE_CHARACTER])
        found = phrase_of("".join(cut))
        if found is not None and is_long_enough(found):
            return found


def expression(random: Random, texts: list[str], depth: int = 2) -> Expression:
    kind = random.choice(["phrase", "every", "either", "without"]) if depth else "phrase"
    one = phrase(random, texts) if kind == "phrase" else expression(random, texts, depth - 1)
    if kind == "phrase":
        return one
    other = expression(random, texts, depth - 1)
    if kind == "without":
        return Every((one, Without(other)))
    return Every((one, other)) if kind == "every" else Either((one, other))


@pytest.mark.parametrize("seed", range(5))
def test_what_is_found_is_what_has_it(library: Library, seed: int) -> None:
    random = Random(seed)
    texts = [text(random) for _ in range(40)]
    fields = ("Note__c", "Long__c", "Rich__c", "Phone__c")
    for number in range(40):
        values = {each: random.choice(texts)[:40] for each in fields if random.random() < 0.5}
        library.paper(f"{number} {random.choice(texts)[:60]}", **values)
    records = _records(library)
    asked = []
    for _ in range(100):
        groups = frozenset(random.sample(list(Group), random.randint(2, len(Group))))
        sought = expression(random, texts)
        has = sorted(name for name, record in records if record.has(sought, groups))
        asked.append((sought, groups, has))

    def check() -> None:
        for sought, groups, has in asked:
            assert sorted(library.found(sought, *groups)) == has

    check()
    library.settle()
    check()
    assert sum(bool(has) for _, _, has in asked) > 15


def _records(library: Library) -> list[tuple[str, Record]]:
    """Every paper's name, and its text."""
    fields = searched_fields(PAPER)

    def work(connection: Connection) -> list[tuple[str, Record]]:
        columns = ", ".join(quoted(each.name) for each in fields)
        rows = connection.rows(f'SELECT "Name", {columns} FROM {table(PAPER)}')
        return [(str(row[0]), Record(fields, row[1:])) for row in rows]

    return library.database.read(work).result()
