"""The error catalogue: entries become values and faults."""

from pathlib import Path

import pytest

from isthmus.kernel import errors
from isthmus.kernel.errors import Fault, catalogue, fault, row_error


def test_a_row_error_is_a_value() -> None:
    error = row_error("required_field_missing", "LastName", names="LastName")
    assert error.code == "REQUIRED_FIELD_MISSING"
    assert error.message == "Required fields are missing: [LastName]"
    assert error.fields == ("LastName",)
    assert not error.entry.retryable


def test_a_fault_is_an_exception() -> None:
    raised = fault("storage_full", reason="free some space")
    assert isinstance(raised, Fault)
    assert (raised.code, raised.status, raised.fields) == ("STORAGE_LIMIT_EXCEEDED", 400, None)
    assert str(raised) == "STORAGE_LIMIT_EXCEEDED: storage limit exceeded: free some space"


def test_a_message_does_not_repeat_a_value_without_end() -> None:
    assert fault("storage_full", reason="x" * 131_072).message.endswith("x" * 131_072)
    longest = row_error("required_field_missing", names="x" * 49_000_000).message
    assert len(longest) < 132_000
    assert longest.endswith("x…]")


def test_an_unknown_name_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        row_error("no_such_error")


def test_every_file_of_the_catalogue_is_read() -> None:
    files = list(Path(errors.__file__).parent.glob("*.toml"))
    names = [
        line[1:-1] for file in files for line in file.read_text("utf-8").splitlines() if line.startswith("[")
    ]
    assert sorted(names) == sorted(catalogue())
