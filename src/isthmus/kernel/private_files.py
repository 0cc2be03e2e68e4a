"""Files that only their owner may read, and files that are whole or absent: keys, certificates, bundles."""

import os
import secrets
import stat
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o600
PUBLIC: Final = 0o644


def write_whole(path: Path, data: bytes, mode: int = PUBLIC) -> None:
    """Put `data` at `path` in one step: a reader sees the old file or the new one. Raises OSError.

    On return it is on disk under its name: what is written later can rely on it, after a power loss too. The
    file never has wider rights than `mode`, not even while it is written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk. Windows has no call for it."""
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def read_private(path: Path) -> bytes:
    """What a private file holds; rights that others got on it are taken away first. Raises OSError."""
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(PRIVATE)
    return path.read_bytes()


def secret_key(path: Path, length: int = 32) -> bytes:
    """The random key of `length` bytes kept at `path`, made on first use.

    Raises OSError, and ValueError where the file holds something else.
    """
    try:
        key = read_private(path)
    except FileNotFoundError:
        key = secrets.token_bytes(length)
        write_whole(path, key, PRIVATE)
    if len(key) != length:
        raise ValueError(f"{path} should hold a key of {length} bytes, but has {len(key)}")
    return key
