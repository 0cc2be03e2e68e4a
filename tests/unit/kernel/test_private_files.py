"""Private files: rights, wholeness, and keys made once."""

import os
import stat
import sys
from pathlib import Path

import pytest

from isthmus.kernel.private_files import PRIVATE, secret_key, write_whole


def test_a_key_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "new" / "key"
    key = secret_key(file)
    assert len(key) == 32
    assert secret_key(file) == key
    assert secret_key(tmp_path / "other") != key
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == PRIVATE


def test_a_key_of_another_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(ValueError, match="32 bytes, but has 5"):
        secret_key(tmp_path / "key")


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_whole(file, b"one")
    write_whole(file, b"two", PRIVATE)
    assert file.read_bytes() == b"two"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OSError, match="folder"):
        write_whole(folder, b"three")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.skipif(os.name != "posix", reason="only POSIX puts the names of a folder on disk by a call")
def test_a_file_is_on_disk_before_its_name_and_its_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "seal.key"
    synced: list[tuple[str, bool]] = []
    sync = os.fsync

    def watched(opened: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(opened).st_mode) else "file"
        synced.append((kind, file.exists()))
        sync(opened)

    monkeypatch.setattr(os, "fsync", watched)
    write_whole(file, b"key", PRIVATE)
    assert synced == [("file", False), ("folder", True)]


@pytest.mark.skipif(os.name != "posix", reason="rights of files are POSIX's")
def test_a_key_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(bytes(32))
    file.chmod(0o644)
    assert secret_key(file) == bytes(32)
    assert stat.S_IMODE(file.stat().st_mode) == PRIVATE
