"""Does the org answer under its own names only, and call itself by the one that the client used?"""

import pytest

from isthmus.org.api.hosts import Hosts

HOSTS = Hosts("acme.my.salesforce.com", ["Isthmus.Internal", "rooted.example."])


@pytest.mark.parametrize(
    ("scheme", "host", "base_url", "on_platform"),
    [
        ("http", b"localhost", "http://localhost", False),
        ("http", b"LOCALHOST:8080", "http://localhost:8080", False),
        ("http", b"127.0.0.1:8080", "http://127.0.0.1:8080", False),
        ("https", b"[::1]:8443", "https://[::1]:8443", False),
        ("http", b"192.168.1.7", "http://192.168.1.7", False),
        ("http", b"isthmus.internal:8080", "http://isthmus.internal:8080", False),
        ("http", b"rooted.example", "http://rooted.example", False),
        ("https", b"acme.my.salesforce.com", "https://acme.my.salesforce.com", True),
        ("https", b"other.my.salesforce.com", "https://other.my.salesforce.com", True),
        ("https", b"login.salesforce.com", "https://acme.my.salesforce.com", True),
        ("https", b"test.salesforce.com:443", "https://acme.my.salesforce.com:443", True),
        ("https", b"login.salesforce.com.", "https://acme.my.salesforce.com", True),
        ("http", b"localhost.:8080", "http://localhost:8080", False),
        ("https", b"acme.lightning.force.com", "https://acme.lightning.force.com", True),
    ],
)
def test_own_names(scheme: str, host: bytes, base_url: str, on_platform: bool) -> None:
    for _ in range(2):
        origin = HOSTS.origin(scheme, host)
        assert origin is not None
        assert (origin.base_url, origin.on_platform) == (base_url, on_platform)


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"evil.example",
        b"evil.example:8080",
        b"localhost.evil.example",
        b"salesforce.com.evil.example",
        b"evilsalesforce.com",
        b"localhost:port",
        b"localhost..",
        b".",
        b"localhost:8080:8080",
        b"localhost/",
        b"a@localhost",
        b"[::1",
        b"[nonsense]",
        b"127.0.0.1.evil.example",
        b"local host",
        b"\xff",
    ],
)
def test_other_names_are_refused(host: bytes) -> None:
    assert HOSTS.origin("http", host) is None


def test_many_names_are_not_all_remembered() -> None:
    hosts = Hosts("acme.my.salesforce.com")
    for number in range(1000):
        assert hosts.origin("http", b"evil-%d.example" % number) is None
    assert len(hosts._remembered) < 300
