"""Does a path find its route, in any case, with or without a slash, and no other's?"""

import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from isthmus.kernel.errors import Fault
from isthmus.org.api.router import Found, RouteConflict, Router
from isthmus.org.api.routing import Adapter, Call, Route

DATA = "/services/data/v{version}"
PATHS = (
    ("GET", "/services/data"),
    ("GET", DATA),
    ("GET", DATA + "/sobjects"),
    ("GET", DATA + "/sobjects/{sobject}"),
    ("POST", DATA + "/sobjects/{sobject}"),
    ("GET", DATA + "/sobjects/{sobject}/describe"),
    ("GET", DATA + "/sobjects/{sobject}/{id}"),
    ("PATCH", DATA + "/sobjects/{sobject}/{record}"),
    ("POST", DATA + "/sobjects/{sobject}/Id"),
    ("GET", DATA + "/sobjects/{sobject}/{field}/{value}"),
    ("GET", DATA + "/sobjects/relevantItems"),
    ("GET", DATA + "/limits/recordCount"),
    ("POST", "/services/Soap/u/{number}"),
    ("GET", "/services/apexrest/{mapping:rest}"),
    ("GET", "/"),
)


async def handler(call: Call) -> Response:
    return Response()


def render(call: Call, error: Fault) -> Response:
    return Response(status_code=error.status)


def adapter(*paths: tuple[str, str]) -> Adapter:
    return Adapter("test", tuple(Route(method, path, handler) for method, path in paths), render)


ROUTER = Router([adapter(*PATHS)])


def find(path: str, method: str = "GET") -> tuple[str, dict[str, str], int]:
    """The route's path, what was captured, and the version."""
    found = ROUTER.find(path)
    assert isinstance(found, Found), path
    target = found.place.target(method)
    assert target is not None, path
    return target.route.path, dict(zip(target.names, found.captured, strict=True)), found.version


@pytest.mark.parametrize(
    ("path", "route", "captured", "version"),
    [
        ("/services/data", "/services/data", {}, 0),
        ("/services/data/", "/services/data", {}, 0),
        ("/Services/DATA", "/services/data", {}, 0),
        ("//services/data", "/services/data", {}, 0),
        ("///services/data/v65.0/sobjects/x/", DATA + "/sobjects/{sobject}", {"sobject": "x"}, 65),
        ("//", "/", {}, 0),
        ("/services/data/v65.0/", DATA, {}, 65),
        ("/services/data/V31.0", DATA, {}, 31),
        ("/services/data/v65.0/sobjects/Account", DATA + "/sobjects/{sobject}", {"sobject": "Account"}, 65),
        (
            "/services/data/v65.0/SOBJECTS/x/DESCRIBE/",
            DATA + "/sobjects/{sobject}/describe",
            {"sobject": "x"},
            65,
        ),
        ("/services/data/v65.0/sobjects/relevantitems", DATA + "/sobjects/relevantItems", {}, 65),
        (
            "/services/data/v65.0/sobjects/relevantItems/1",
            DATA + "/sobjects/{sobject}/{id}",
            {"sobject": "relevantItems", "id": "1"},
            65,
        ),
        (
            "/services/data/v65.0/sobjects/X/Ext__c/a%2Fb%20c",
            DATA + "/sobjects/{sobject}/{field}/{value}",
            {"sobject": "X", "field": "Ext__c", "value": "a/b c"},
            65,
        ),
        (
            "/services/data/v65.0/sobjects/X/describe/y",
            DATA + "/sobjects/{sobject}/{field}/{value}",
            {"sobject": "X", "field": "describe", "value": "y"},
            65,
        ),
        ("/services/apexrest/orders/7/", "/services/apexrest/{mapping:rest}", {"mapping": "orders/7"}, 0),
        ("/", "/", {}, 0),
    ],
)
def test_a_path_finds_its_route(path: str, route: str, captured: dict[str, str], version: int) -> None:
    assert find(path) == (route, captured, version)


@pytest.mark.parametrize(
    "path",
    [
        "/service",
        "/services/data/v65",
        "/services/data/65.0",
        "/services/data/v65.1",
        "/services/data/v065.0",
        "/services/data//sobjects",
        "/services/data/v65.0/sobjects//describe",
        "/services/data/v65.0/nothing",
        "/services/data/v65.0/sobjects/A/B/C/D",
        "*",
        "",
    ],
)
def test_other_paths_are_nowhere(path: str) -> None:
    assert ROUTER.find(path) is None


def test_methods_of_one_path_name_its_segments_each_in_its_way() -> None:
    path = "/services/data/v65.0/sobjects/X/1"
    assert find(path)[1] == {"sobject": "X", "id": "1"}
    assert find(path, "PATCH")[1] == {"sobject": "X", "record": "1"}


def test_get_serves_head_and_the_allowed_methods_are_listed_in_the_platforms_order() -> None:
    found = ROUTER.find("/services/data/v65.0/sobjects/X")
    assert found is not None
    assert found.place.target("HEAD") is found.place.target("GET")
    assert found.place.target("DELETE") is None
    assert found.place.allowed == "HEAD,GET,POST"
    only_post = ROUTER.find("/services/soap/u/65.0")
    assert only_post is not None
    assert only_post.place.allowed == "POST"
    assert only_post.version == 0


def test_the_same_route_twice_is_a_conflict() -> None:
    with pytest.raises(RouteConflict, match="routed twice"):
        Router([adapter(("GET", "/a/{b}")), adapter(("GET", "/A/{c}"))])


def test_what_is_left_must_come_last() -> None:
    with pytest.raises(RouteConflict, match="must come last"):
        Router([adapter(("GET", "/a/{b:rest}/c"))])


def test_the_adapter_that_has_the_method_answers() -> None:
    reads, writes = adapter(("GET", "/a")), adapter(("POST", "/a"))
    found = Router([reads, writes]).find("/a")
    assert found is not None
    post = found.place.target("POST")
    assert post is not None
    assert post.adapter is writes
    assert found.place.adapter is reads


SEGMENT = st.text(min_size=1, max_size=12)


@given(SEGMENT, SEGMENT, st.integers(1, 199), st.booleans())
def test_any_value_survives_its_way_through_the_path(
    field: str, value: str, version: int, slash: bool
) -> None:
    path = f"/services/data/v{version}.0/sobjects/X/{quote(field, safe='')}/{quote(value, safe='')}"
    route, captured, found = find(path + "/" * slash)
    assert (route, found) == (DATA + "/sobjects/{sobject}/{field}/{value}", version)
    assert captured == {"sobject": "X", "field": field, "value": value}


@given(st.text(string.printable, max_size=60))
def test_no_path_breaks_the_search(path: str) -> None:
    ROUTER.find("/services/" + path)


@given(st.sampled_from([path for method, path in PATHS if method == "GET" and "{" not in path]), st.data())
def test_the_case_of_literal_segments_does_not_matter(path: str, data: st.DataObject) -> None:
    varied = "".join(data.draw(st.sampled_from([char.lower(), char.upper()])) for char in path)
    assert find(varied)[0] == path
