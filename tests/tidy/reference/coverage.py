"""The page of coverage: what of the platform's APIs is here, in what part, and what is not."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from tests.tidy.reference import evidence
from tests.tidy.reference.claims import Line, Part, load, problems
from tests.tidy.reference.markdown import code, page, table

_ABOUT: Final = """\
What of the platform's APIs this org answers, as of API 65.0. **Yes**: as the platform's guides say, so far
as we know them. **Partly**: the remark says in what. **No**: what is asked for is refused, or is passed
over where the remark says so.

None of this has to be believed: each line has its evidence in `tests/tidy/reference/coverage/`, and the
page is not written where the code disagrees. A call counts if it is routed, a query if it can be planned
(its refusal is quoted otherwise), a behaviour if its cases of the [conformance corpus](conformance.md)
pass, a header if the wires' code has it."""


class Untrue(Exception):
    """The coverage files say what isn't so. The message names each line, and what the code says."""


def coverage_page() -> str:
    """The page. Raises Untrue."""
    parts = load()
    if wrong := problems(parts):
        raise Untrue("tests/tidy/reference/coverage/ needs a change:\n" + "\n".join(wrong))
    return page("Coverage", _ABOUT, _summary(parts), *(text for part in parts for text in _part(part)))


def _summary(parts: Iterable[Part]) -> str:
    rows = []
    for part in parts:
        counts = Counter(line.here for _, line in part.lines())
        anchor = part.title.lower().replace(" ", "-")
        rows.append((f"[{part.title}](#{anchor})", *(str(counts[each]) for each in ("yes", "partly", "no"))))
    return table(("", "#yes", "#partly", "#no"), rows)


def _part(part: Part) -> list[str]:
    texts = [f"## {part.title}", part.about]
    for group in part.group:
        texts += [f"### {group.title}", f"*{group.source}*"]
        if group.note:
            texts.append(group.note)
        texts.append(table(("what", "as", "here", "remark"), map(_row, group.line)))
    return texts


def _row(line: Line) -> tuple[str, ...]:
    here = {"yes": "**yes**", "partly": "**partly**", "no": "no"}[line.here]
    return line.what, "<br>".join(map(code, _as(line))), here, _remark(line)


def _as(line: Line) -> tuple[str, ...]:
    """How it is asked for on the wire."""
    words = [each for each in (line.grant, line.query) if each is not None]
    return (*line.calls, *line.operations, *words, *line.names)


def _remark(line: Line) -> str:
    refused = evidence.refusal(line.query) if line.query is not None else None
    told = f"{refused.code}: {refused.message.splitlines()[-1]}" if refused is not None else ""
    return " ".join(each for each in (line.how, code(told)) if each)
