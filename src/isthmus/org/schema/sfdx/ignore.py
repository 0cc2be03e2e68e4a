"""`.forceignore`: which files of a project are left out. The patterns are those of gitignore.

A pattern without a slash (but at its end) matches at any depth, one with a slash from the project's root; a
slash at the end matches folders alone; `*` and `?` stay within a name, `**` crosses folders; `[a-z]` and
`[!a-z]` are classes; `!` takes a file back in, unless a folder above it is left out; the last pattern that
matches decides.

>>> rules = IgnoreRules.parse("*.js\\n!main.js\\n/build/\\n# a comment")
>>> [rules.matches(path, folder=False) for path in ("lwc/a.js", "lwc/main.js", "build/x", "src/build/x")]
[True, False, True, False]
"""

import re
from dataclasses import dataclass
from typing import Final

ALWAYS: Final = """\
**/.*
**/node_modules/
**/package.json
**/package-lock.json
**/jsconfig.json
**/tsconfig.json
**/package.xml
**/destructiveChanges*.xml
**/*.dup
**/__tests__/
/sfdx-project.json
/isthmus.toml
/config/
/handlers/
"""
"""What is never a component: the `sf` CLI's own list, the manifests, what stands beside the metadata."""


@dataclass(frozen=True, slots=True)
class _Rule:
    matcher: re.Pattern[str]
    negated: bool
    folders_only: bool


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The patterns of one project, in order."""

    rules: tuple[_Rule, ...]

    @classmethod
    def parse(cls, text: str) -> "IgnoreRules":
        """The rules of a `.forceignore`'s text, after those that always hold."""
        lines = (ALWAYS + text.removeprefix("\ufeff")).splitlines()
        return cls(tuple(rule for line in lines if (rule := _parse(line)) is not None))

    def matches(self, path: str, *, folder: bool) -> bool:
        """Whether `path` (relative to the project, with slashes) or a folder above it is left out."""
        parts = path.split("/")
        for depth in range(1, len(parts)):
            if self._decides("/".join(parts[:depth]), folder=True):
                return True
        return self._decides(path, folder=folder)

    def _decides(self, path: str, *, folder: bool) -> bool:
        for rule in reversed(self.rules):
            if (folder or not rule.folders_only) and rule.matcher.fullmatch(path):
                return not rule.negated
        return False


def _parse(line: str) -> _Rule | None:
    pattern = re.sub(r"(?<!\\)\s+$", "", line)
    if not pattern or pattern.startswith("#"):
        return None
    negated = pattern.startswith("!")
    pattern = pattern.removeprefix("!")
    if _windows(pattern):
        pattern = pattern.replace("\\", "/")
    folders_only = pattern.endswith("/")
    pattern = pattern.rstrip("/")
    if not pattern:
        return None
    anchored = "/" in pattern
    pattern = pattern.removeprefix("/")
    prefix = "" if anchored else "(?:.*/)?"
    return _Rule(re.compile(prefix + _translate(pattern), re.DOTALL), negated, folders_only)


def _windows(pattern: str) -> bool:
    """Whether backslashes stand for slashes, as the `sf` CLI takes them too; gitignore escapes no letter."""
    return re.search(r"\\[A-Za-z0-9_]", pattern) is not None


def _translate(pattern: str) -> str:
    """The regular expression of an ignore pattern without its outer slashes."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if pattern.startswith("**/", at) and (at == 0 or pattern[at - 1] == "/"):
            out.append("(?:[^/]+/)*")
            at += 3
        elif pattern[at:] == "**" and (at == 0 or pattern[at - 1] == "/"):
            out.append(".+")
            at += 2
        elif char == "*":
            out.append("[^/]*")
            at += 1
        elif char == "?":
            out.append("[^/]")
            at += 1
        elif char == "[" and (found := _class(pattern, at)):
            expression, at = found
            out.append(expression)
        else:
            if char == "\\" and at + 1 < len(pattern):
                at += 1
            out.append(re.escape(pattern[at]))
            at += 1
    return "".join(out)


def _class(pattern: str, start: int) -> tuple[str, int] | None:
    """The expression of the class that opens at `start`, and where it ends; None where it is no class."""
    first = start + 1 + (pattern[start + 1 : start + 2] in ("!", "^"))
    end = pattern.find("]", first + 1)
    if end < 0:
        return None
    body, members, at = pattern[first:end], [], 0
    while at < len(body):
        if body[at + 1 : at + 2] == "-" and at + 2 < len(body):
            if body[at] > body[at + 2]:
                return None
            members.append(f"{re.escape(body[at])}-{re.escape(body[at + 2])}")
            at += 3
        else:
            members.append(re.escape(body[at]))
            at += 1
    return f"(?!/)[{'^' if first > start + 1 else ''}{''.join(members)}]", end + 1
