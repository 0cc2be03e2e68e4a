"""Request log: what clients have asked lately, and how it went. No bodies, no queries, no tokens, and of a
path no external id's value: the field may be one that is encrypted.

A request adds one tuple to a bounded queue in memory. What is new there goes to a file in the data folder
every second, in one write; where the file is full it takes an older one's place. So there are at most
`KEPT` requests in memory and twice `FILE_BYTES_MAX` on disk, and a crash loses a second.
"""

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from isthmus.kernel.clock import Clock, ticks
from isthmus.kernel.private_files import PRIVATE

KEPT: Final = 10_000
FILE_BYTES_MAX: Final = 4 * 1024 * 1024
FILE: Final = "requests.log"
OLDER: Final = "requests.older.log"
_TEXT_MAX: Final = 400
_CLIENTS_KEPT: Final = 128
_ERROR_FROM: Final = 400
_CODES: Final = (
    (b'"errorCode":"', b'"'),
    (b"<faultcode>", b"<"),
    (b'"error":"', b'"'),
    (b"<error>", b"<"),
)
"""What stands around the code of an error in an answer of REST, SOAP and OAuth."""
_CODE_MAX: Final = 80
_KEY: Final = re.compile(
    r"(/sobjects/\w+/(?!(?:describe|listviews|quickActions|[0-9A-Za-z]{15}|[0-9A-Za-z]{18})/)\w+/).+", re.I
)
"""The value of an external id, behind its field."""
_SOBJECTS: Final = "/sobjects/"
_STATUS: Final = re.compile(r"[1-5](\d\d|xx)", re.I)
_CLIENT: Final = re.compile(rb"(?:^|[,;])\s*client\s*=\s*([^,;]+)", re.IGNORECASE)

Noted: TypeAlias = tuple[int, int, str | None, str, str, int, int, int, int, bytes | None, str | None]
"""What a request leaves behind, before anyone wants to read it: see `RequestLog.note`."""
_encoder: Final = msgspec.json.Encoder()


class LoggedRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request. `time` is org time in milliseconds since the epoch, `microseconds` how long it took.

    `number` counts requests since the log began. `user` is a username, None where nobody was logged in.
    `bytes` are the answer's, 0 where it is sent in pieces. `client` is what the client calls itself
    (`Sforce-Call-Options`, else `User-Agent`). `api_version` is 0 where the path has none.
    """

    number: int
    time: int
    method: str
    path: str
    status: int
    microseconds: int
    bytes: int = 0
    user: str | None = None
    api_version: int = 0
    client: str | None = None
    error: str | None = None


class RequestLog:
    """The log of one org, in `folder`. For the event loop; `write` is for another thread."""

    def __init__(
        self, folder: Path, clock: Clock, *, kept: int = KEPT, file_bytes: int = FILE_BYTES_MAX
    ) -> None:
        self._file = folder / FILE
        self._older = folder / OLDER
        self._clock = clock
        self._file_bytes = file_bytes
        self._earlier = deque(_read(self._older, self._file), maxlen=kept)
        self._noted: deque[Noted] = deque(maxlen=kept)
        self._number = self._earlier[-1].number if self._earlier else 0
        self._taken = self._number
        self._gap = b"\n" if self._file.exists() else b""
        """Before the first line of this run: a crash may have cut the last one off."""

    def note(
        self,
        began: int,
        user: str | None,
        method: str,
        path: str,
        version: int,
        client: bytes | None,
        status: int,
        answer: bytes,
    ) -> None:
        """Keep what is to be known of a request that has its answer. `began` is as `ticks` counts, `answer`
        the body, b"" where it is sent in pieces.
        """
        self._number = number = self._number + 1
        error = None if status < _ERROR_FROM else _code_in(answer)
        now, took = self._clock.now(), ticks() - began
        self._noted.append(
            (number, now, user, method, path, status, took, len(answer), version, client, error)
        )

    def recent(
        self, *, after: int = 0, limit: int = KEPT, user: str | None = None, status: str | None = None
    ) -> list[LoggedRequest]:
        """The last `limit` requests, oldest first: those after the number `after`, of that user, and of that
        status (`404`, `4xx`).
        """
        found = deque(
            (
                each
                for each in self._all(after)
                if (user is None or (each.user or "").lower() == user.lower())
                and (status is None or _has_status(each.status, status))
            ),
            maxlen=limit,
        )
        return list(found)

    def take(self) -> Sequence[Noted]:
        """What has not been taken yet: for `write`."""
        taken = list(self._since(self._taken))
        self._taken = self._number
        return taken

    def write(self, requests: Iterable[Noted]) -> None:
        """Put requests into the file. Raises OSError."""
        lines = self._gap + _encoder.encode_lines(map(_logged, requests))
        self._gap = b""
        if self._file.exists() and self._file.stat().st_size + len(lines) > self._file_bytes:
            self._file.replace(self._older)
        with os.fdopen(os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE), "ab") as file:
            file.write(lines)

    def _all(self, after: int) -> Iterator[LoggedRequest]:
        yield from (each for each in self._earlier if each.number > after)
        yield from map(_logged, self._since(after))

    def _since(self, number: int) -> Iterator[Noted]:
        """The requests noted after that number; they are counted without a gap."""
        new = min(len(self._noted), self._number - number)
        return islice(self._noted, len(self._noted) - max(new, 0), None)


def without_values(path: str) -> str:
    """A path as it may be kept: without the value of an external id.

    >>> without_values("/services/data/v65.0/sobjects/Account/Code__c/A-1")
    '/services/data/v65.0/sobjects/Account/Code__c/…'
    """
    at = path.lower().find(_SOBJECTS)
    if at < 0 or path.count("/", at + len(_SOBJECTS)) < 2:  # most have no more than a record's id there
        return path
    return _KEY.sub(r"\1…", path)


def _logged(noted: Noted) -> LoggedRequest:
    number, time, user, method, path, status, nanoseconds, size, version, client, error = noted
    return LoggedRequest(
        number=number,
        time=time,
        method=method,
        path=_shown(without_values(path)),
        status=status,
        microseconds=nanoseconds // 1_000,
        bytes=size,
        user=user,
        api_version=version,
        client=_client(client),
        error=error,
    )


@lru_cache(maxsize=_CLIENTS_KEPT)  # a client calls itself the same with each of its requests
def _client(header: bytes | None) -> str | None:
    if not header:
        return None
    named = _CLIENT.search(header)
    return _shown((named[1] if named else header).decode("latin-1").strip()) or None


def _shown(text: str) -> str:
    """A client's text, such that it can be printed on one line."""
    text = text[:_TEXT_MAX]
    return text if text.isprintable() else "".join(each if each.isprintable() else "\ufffd" for each in text)


def _code_in(body: bytes) -> str | None:
    """The code of the first error in an answer, whichever wire's."""
    for before, after in _CODES:
        start = body.find(before)
        if start >= 0:
            start += len(before)
            code = body[start : body.find(after, start, start + _CODE_MAX)]
            return code.rpartition(b":")[2].decode("latin-1")
    return None


def is_status(text: str) -> bool:
    """Whether requests can be asked for by it: `404`, `4xx`."""
    return _STATUS.fullmatch(text) is not None


def _has_status(status: int, wanted: str) -> bool:
    return str(status) == wanted or f"{status // 100}xx" == wanted.lower()


def _read(*files: Path) -> Iterator[LoggedRequest]:
    """What the files hold. A line that a crash has cut off is left out."""
    for file in files:
        if not file.is_file():
            continue
        for line in file.read_bytes().splitlines():
            try:
                yield msgspec.json.decode(line, type=LoggedRequest)
            except msgspec.DecodeError:
                continue
