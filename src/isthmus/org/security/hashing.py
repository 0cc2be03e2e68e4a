"""Hashing: tokens by SHA-256, passwords by scrypt on a few threads of their own.

A token is long and random, so a fast hash is enough and is what makes each request cheap. A password is
neither, so its hash is slow on purpose; to check one takes equally long whether the user exists or not.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from isthmus.kernel.errors import fault
from isthmus.kernel.ids import Ids

T = TypeVar("T")
_COST: Final = 2**14
_BLOCK: Final = 8
_LANES: Final = 1
_SALT_LENGTH: Final = 22
_WORKERS: Final = 2
_WAITING_MAX: Final = 256
_NOBODYS: Final = f"scrypt${_COST}${_BLOCK}${_LANES}$nobody${base64.b64encode(bytes(64)).decode()}"
"""What a password is compared with where there is no user: no password has this hash."""


def token_digest(token: str) -> str:
    """The form in which a token is kept: 64 hexadecimal digits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def password_digest(password: str, salt: str) -> str:
    """The form in which a password is kept: `scrypt$cost$block$lanes$salt$hash`. Takes some 50 ms."""
    derived = _derive(password, salt, _COST, _BLOCK, _LANES)
    return f"scrypt${_COST}${_BLOCK}${_LANES}${salt}${base64.b64encode(derived).decode()}"


def password_matches(password: str, digest: str) -> bool:
    """Whether a password is the one that was kept; compared in constant time."""
    _, cost, block, lanes, salt, expected = digest.split("$")
    derived = _derive(password, salt, int(cost), int(block), int(lanes))
    return hmac.compare_digest(derived, base64.b64decode(expected))


def _derive(password: str, salt: str, cost: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt.encode(),
        n=cost,
        r=block,
        p=lanes,
        maxmem=256 * cost * block,
        dklen=64,
    )


class PasswordHasher:
    """Hashes passwords beside the event loop, a few at a time; who would wait too long is refused."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._threads = ThreadPoolExecutor(_WORKERS, thread_name_prefix="isthmus-passwords")
        self._waiting = 0

    async def digest(self, password: str) -> str:
        """The form in which a new password is kept. Fault: `server_unavailable`."""
        salt = self._ids.text(_SALT_LENGTH)
        return await self._run(lambda: password_digest(password, salt))

    async def matches(self, password: str, digest: str | None) -> bool:
        """Whether the password is the one kept; never for None, which takes as long.

        Fault: `server_unavailable`.
        """
        return await self._run(lambda: password_matches(password, digest or _NOBODYS))

    def close(self) -> None:
        """End the threads; what waits is dropped."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= _WAITING_MAX:
            raise fault("server_unavailable", reason="Too many logins are under way.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
