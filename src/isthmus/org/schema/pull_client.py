"""Pull client: describes from any org, by URL and token, over its REST API.

Source of the resources: REST API Developer Guide, Versions, Describe Global, sObject Describe.
"""

import asyncio
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec

AT_ONCE: Final = 8
"""Describes that are asked for at the same time."""
SECONDS_MAX: Final = 60
"""For one answer, from connecting to its last byte; real time."""
ANSWER_BYTES_MAX: Final = 32 << 20
_NAME: Final = re.compile(r"[A-Za-z]\w{0,79}", re.ASCII)
_VERSION: Final = re.compile(r"\d{2,3}\.0")


class PullFailed(Exception):
    """The other org can't be read. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What another org says of itself: `listed` names all objects it has, `describes` are of some of them."""

    url: str
    version: str
    listed: tuple[str, ...]
    describes: tuple[Mapping[str, object], ...]

    @property
    def complete(self) -> bool:
        """Whether every object that the org has is among the describes."""
        return {str(each.get("name")) for each in self.describes}.issuperset(self.listed)


async def fetch_describes(
    base_url: str,
    token: str,
    names: Collection[str] | None = None,
    *,
    version: str | None = None,
    only: Collection[str] | None = None,
    proxy: str | None = None,
    seconds: float = SECONDS_MAX,
) -> Pulled:
    """Describe `names` in the org at `base_url`; default: all that it lists, of `only` where that is given.

    `version` as in `65.0`; default: the newest that the org has. Of `only`, names that it does not list are
    left out; `names` must be there. `proxy` is the address of an HTTP proxy, `seconds` how long one answer
    may take. Raises PullFailed.
    """
    address = _address(base_url)
    if version is not None and not _VERSION.fullmatch(version):
        raise PullFailed(f"{version} is no API version: give one like 65.0")
    timeout = aiohttp.ClientTimeout(total=seconds)
    headers = {"Authorization": f"Bearer {_token(token)}", "Accept": "application/json"}
    async with aiohttp.ClientSession(timeout=timeout, headers=headers, proxy=proxy) as session:
        org = _Org(session, address)
        data = f"/services/data/v{version or await org.newest_version()}"
        listed = _names(await org.get(f"{data}/sobjects"))
        wanted = _wanted(listed, names, only)
        describes = await _each(org, data, wanted)
    return Pulled(address, data.rpartition("v")[2], listed, describes)


async def _each(org: "_Org", data: str, names: Collection[str]) -> tuple[Mapping[str, object], ...]:
    """The describes of `names`, some at a time; the first that fails ends all."""
    places = asyncio.Semaphore(AT_ONCE)

    async def describe(name: str) -> Mapping[str, object]:
        async with places:
            answer = await org.get(f"{data}/sobjects/{name}/describe")
        if not isinstance(answer, Mapping):
            raise PullFailed(f"{org.address} described {name} with something that is no JSON object")
        return answer

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(describe(name)) for name in names]
    except* PullFailed as failed:
        raise failed.exceptions[0] from None
    return tuple(task.result() for task in tasks)


class _Org:
    """The other org's REST API, every failure of which is a PullFailed."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session = session
        self.address = address

    async def newest_version(self) -> str:
        versions = await self.get("/services/data")
        found = [
            each["version"]
            for each in (versions if isinstance(versions, list) else [])
            if isinstance(each, Mapping) and _VERSION.fullmatch(str(each.get("version")))
        ]
        if not found:
            raise PullFailed(f"{self.address} does not list API versions: is it an org's address?")
        return str(max(found, key=float))

    async def get(self, path: str) -> Any:
        """The decoded JSON at `path`."""
        try:
            async with self._session.get(self.address + path, allow_redirects=False) as response:
                body = await self._body(response)
        except TimeoutError:
            raise PullFailed(f"{self.address} gave no answer in time: try again later") from None
        except aiohttp.ClientConnectorCertificateError:
            raise PullFailed(
                f"{self.address} has a certificate that is not trusted here: trust its authority, or use http"
            ) from None
        except aiohttp.ClientConnectorError as error:
            reason = error.os_error.strerror or str(error.os_error)
            raise PullFailed(f"{self.address} can't be reached ({reason}): is the address right?") from None
        except aiohttp.ClientError as error:
            raise PullFailed(f"{self.address} broke off ({error}): try again") from None
        if response.status != 200:
            raise PullFailed(self._refusal(path, response.status, body))
        try:
            return msgspec.json.decode(body)
        except msgspec.DecodeError:
            raise PullFailed(f"{self.address}{path} answered without JSON: is it an org's address?") from None

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(1 << 16):
            body += chunk
            if len(body) > ANSWER_BYTES_MAX:
                raise PullFailed(f"{self.address} answered with more than {ANSWER_BYTES_MAX:,} bytes")
        return bytes(body)

    def _refusal(self, path: str, status: int, body: bytes) -> str:
        said = _said(body)
        if status == 401:
            return f"{self.address} refused the token{said}: log in again, and pass the new one"
        if status == 403:
            return f"{self.address} refused the call{said}: the user needs API access"
        if status == 404:
            return f"{self.address} has no {path}{said}"
        if 300 <= status < 400:
            return (
                f"{self.address} sends elsewhere: use the org's own address (https://NAME.my.salesforce.com)"
            )
        return f"{self.address} answered {path} with status {status}{said}"


def _said(body: bytes) -> str:
    """The platform's own error, in brackets, where the body holds one."""
    try:
        errors = msgspec.json.decode(body, type=list[dict[str, Any]])
        return f" ({errors[0]['errorCode']}: {errors[0]['message']})"
    except (msgspec.DecodeError, IndexError, KeyError):
        return ""


def _address(base_url: str) -> str:
    parts = urlsplit(base_url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PullFailed(f"{base_url!r} is no address: give one like https://acme.my.salesforce.com")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _token(token: str) -> str:
    token = token.strip()
    if not token or not token.isascii() or any(char.isspace() for char in token):
        raise PullFailed("the token is empty or holds a space: pass the access token alone")
    return token


def _names(answer: object) -> tuple[str, ...]:
    sobjects = answer.get("sobjects") if isinstance(answer, Mapping) else None
    if not isinstance(sobjects, list):
        raise PullFailed("the org's list of objects has no `sobjects`: is it an org's address?")
    names = (each.get("name") for each in sobjects if isinstance(each, Mapping))
    return tuple(name for name in names if isinstance(name, str) and _NAME.fullmatch(name))


def _wanted(
    listed: tuple[str, ...], names: Collection[str] | None, only: Collection[str] | None
) -> list[str]:
    canonical = {name.lower(): name for name in listed}
    if names is not None:
        if unknown := [name for name in names if name.lower() not in canonical]:
            raise PullFailed(f"the org has no object {', '.join(unknown)}, or the user may not see it")
        return list(dict.fromkeys(canonical[name.lower()] for name in names))
    if only is None:
        return list(listed)
    return [canonical[name.lower()] for name in only if name.lower() in canonical]
