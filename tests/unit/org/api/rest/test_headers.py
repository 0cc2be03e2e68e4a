"""What do a request's headers ask of a save, and of a query's pages?"""

import pytest

from isthmus.org.api.rest import headers
from isthmus.org.api.routing import Call
from isthmus.org.org import SaveOptions


def call(**named: bytes) -> Call:
    sent = {name.replace("_", "-").encode(): value for name, value in named.items()}
    return Call(org=None, scope={}, receive=None, headers=sent)  # type: ignore[arg-type]  # only headers are read


@pytest.mark.parametrize(
    ("sent", "size"),
    [
        (None, 2000),
        (b"batchSize=500", 500),
        (b" BATCHSIZE = 201 ", 201),
        (b"batchSize=1", 200),
        (b"batchSize=99999", 2000),
        (b"batchSize=many", 2000),
        (b"batchSize=-3", 2000),
        (b"nonsense", 2000),
    ],
)
def test_the_size_of_a_page(sent: bytes | None, size: int) -> None:
    assert headers.batch_size(call(sforce_query_options=sent) if sent else call()) == size


@pytest.mark.parametrize(
    ("sent", "options"),
    [
        ({}, SaveOptions()),
        ({"sforce_auto_assign": b"FALSE"}, SaveOptions()),
        ({"sforce_mru": b"updateMru=true"}, SaveOptions(update_recent=True)),
        (
            {"sforce_mru": b"updateMru=TRUE", "if_unmodified_since": b"Thu, 01 Jan 1970 00:00:02 GMT"},
            SaveOptions(update_recent=True, unmodified_since=2_000),
        ),
    ],
)
def test_what_is_asked_of_a_save(sent: dict[str, bytes], options: SaveOptions) -> None:
    assert headers.save_options(call(**sent)) == options
