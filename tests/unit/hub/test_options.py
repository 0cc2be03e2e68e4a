"""Is every option that can't be given refused when the value is made, in one line that says all?"""

import doctest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.unit.hub.endpoints import Collecting, Listed

from isthmus.cli import main
from isthmus.hub import options
from isthmus.hub.connectors.http import HttpSink
from isthmus.hub.connectors.salesforce_cometd import CometdSource
from isthmus.hub.connectors.salesforce_connection import (
    ClientCredentials,
    OAuthPassword,
    SalesforceConnection,
    SoapLogin,
)
from isthmus.hub.connectors.salesforce_rest import SalesforceUpdateSink, SalesforceUpsertSink
from isthmus.hub.hub import Hub
from isthmus.hub.options import OptionWrong
from isthmus.hub.redelivery import RedeliveryPolicy
from isthmus.hub.route import Route

ORG = SalesforceConnection("https://acme.my.salesforce.com")
URL = "https://erp.example/orders"


def a_route(name: Any = "orders", **wrong: Any) -> Route:
    return Route(name, **{"sink": Collecting(), "source": Listed([]), **wrong})


def a_sink(url: Any = URL, **wrong: Any) -> HttpSink:
    return HttpSink(url, **wrong)


def a_policy(**wrong: Any) -> RedeliveryPolicy:
    return RedeliveryPolicy(**wrong)


def a_source(org: Any = ORG, channel: Any = "/event/Order__e", **wrong: Any) -> CometdSource:
    return CometdSource(org, channel, **wrong)


def an_org(url: Any = "https://acme.my.salesforce.com", *wrong: Any, **more: Any) -> SalesforceConnection:
    return SalesforceConnection(url, *wrong, **more)


def an_update(org: Any = ORG, sobject: Any = "Opportunity", **wrong: Any) -> SalesforceUpdateSink:
    return SalesforceUpdateSink(org, sobject, **wrong)


def an_upsert(*wrong: Any) -> SalesforceUpsertSink:
    return SalesforceUpsertSink(ORG, *wrong)


def a_hub(name: Any = "h", routes: Any = (), **wrong: Any) -> Hub:
    return Hub(name, routes or [a_route()], **wrong)


def credentials(kind: Any, *given: Any) -> Any:
    return kind(*given)


WRONG: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], str]] = [
    (a_route, (5,), {}, "route 5: name is 5; it has to be text of 1 to 80 printable characters"),
    (a_route, ("",), {}, "name is ''"),
    (a_route, ("a\n",), {}, "name is 'a\\n'"),
    (
        a_route,
        (),
        {"sink": None},
        "route orders: sink is None; it has to be a sink, and that has no name, exactly",
    ),
    (a_route, (), {"sink": HttpSink}, "route orders: sink is the class HttpSink;  …  make one, HttpSink"),
    (a_route, (), {"sink": ORG}, "a sink, and that has no name, exactly_once, send"),
    (
        a_route,
        (),
        {"source": "/event/Order__e"},
        "route orders: source is '/event/Order__e';  …  a source, or None",
    ),
    (a_route, (), {"source": CometdSource}, "source is the class CometdSource"),
    (
        a_route,
        (),
        {"steps": ["nope"]},
        "route orders: steps[0] is 'nope'; it has to be a function of a message",
    ),
    (a_route, (), {"steps": "nope"}, "steps is 'nope'; it has to be a list of functions"),
    (a_route, (), {"steps": a_route}, "steps is <function"),
    (a_route, (), {"reply_to": 7}, "reply_to is 7"),
    (
        a_route,
        (),
        {"redelivery": {"first": 1}},
        "redelivery is {'first': 1}; it has to be a RedeliveryPolicy",
    ),
    (a_route, (), {"redelivery": RedeliveryPolicy}, "redelivery is the class RedeliveryPolicy"),
    (a_route, (), {"concurrency": 0}, "concurrency is 0; it has to be a whole number from 1 to 1,000"),
    (a_route, (), {"concurrency": 1_001}, "concurrency is 1001"),
    (a_route, (), {"concurrency": 1.5}, "concurrency is 1.5"),
    (a_route, (), {"concurrency": True}, "concurrency is True"),
    (
        a_route,
        (),
        {"order_by": "key"},
        "order_by is 'key'; it has to be a function of a message that gives text",
    ),
    (a_route, (), {"capacity": 0}, "capacity is 0; it has to be a whole number of messages, 1 or more"),
    (a_route, (), {"dead_letters_max": -1}, "dead_letters_max is -1"),
    (
        a_policy,
        (),
        {"first": 0},
        "redelivery: first is 0; it has to be a whole number of milliseconds from 1 to",
    ),
    (a_policy, (), {"first": 0.5}, "first is 0.5"),
    (a_policy, (), {"first": 7_200_000}, "first is 7200000;  …  from 1 to 3,600,000"),
    (a_policy, (), {"longest": "1h"}, "longest is '1h'"),
    (a_policy, (), {"factor": 0.5}, "redelivery: factor is 0.5; it has to be a number, 1 or more"),
    (a_policy, (), {"factor": float("nan")}, "factor is nan"),
    (a_policy, (), {"give_up": -1}, "give_up is -1; it has to be a whole number of milliseconds, 0 or more"),
    (a_policy, (), {"jitter": 1.5}, "jitter is 1.5; it has to be a number from 0 to 1"),
    (a_sink, (None,), {}, "HttpSink: url is None; it has to be an address of a web server, like https"),
    (a_sink, ("http://h:99999999",), {}, "url is"),
    (a_sink, (), {"name": ""}, "name is ''"),
    (a_sink, (), {"seconds": 0}, "HttpSink: seconds is 0; it has to be a number of seconds, more than 0"),
    (a_sink, (), {"seconds": -3}, "seconds is -3"),
    (a_sink, (), {"seconds": "5"}, "seconds is '5'"),
    (a_sink, (), {"check": 5}, "HttpSink: check is 5; it has to be a function of the reply"),
    (a_sink, (), {"method": "PSOT"}, "method is 'PSOT'; it has to be one of POST, PUT, PATCH, DELETE, GET"),
    (a_sink, (), {"method": None}, "method is 'NONE'"),
    (a_sink, (), {"headers": ["a"]}, "headers is ['a']; it has to be a mapping of header names to text"),
    (a_sink, (), {"headers": {"a b": "c"}}, "headers is 'a b'"),
    (
        a_sink,
        (),
        {"headers": {"Authorization": "x\ny"}},
        "headers['Authorization'] is a str (not shown);  …  on one line",
    ),
    (a_sink, (), {"headers": {"Authorization": None}}, "is a NoneType (not shown)"),
    (a_sink, (), {"key_header": ""}, "key_header is ''; it has to be a name of an HTTP header, or None"),
    (a_sink, (), {"retry_statuses": 503}, "retry_statuses is 503; it has to be some HTTP statuses"),
    (a_sink, (), {"retry_statuses": ["503"]}, "retry_statuses is '503'; it has to be HTTP statuses from 300"),
    (a_sink, (), {"already_done": [200]}, "already_done is 200"),
    (a_sink, (), {"answer_bytes_max": 0}, "answer_bytes_max is 0"),
    (a_sink, (), {"proxy": "localhost"}, "HttpSink: proxy is 'localhost'"),
    (a_sink, (), {"ca_file": "/none.pem"}, "ca_file is '/none.pem'; it has to be a file that is there"),
    (
        a_source,
        ("https://acme",),
        {},
        "CometdSource /event/Order__e: org is 'https://acme';  …  a SalesforceConnection",
    ),
    (a_source, (ORG, ""), {}, "CometdSource: channel is ''; it has to be a channel, like /event/Order__e"),
    (a_source, (ORG, "Order__e"), {}, "channel is 'Order__e'"),
    (a_source, (ORG, "event/Order__e"), {}, "channel is 'event/Order__e'"),
    (a_source, (ORG, "/event"), {}, "channel is '/event'"),
    (a_source, (ORG, None), {}, "channel is None"),
    (a_source, (), {"start": -5}, "start is -5; it has to be a whole number, -2 or more"),
    (a_source, (), {"start": "tip"}, "start is 'tip'"),
    (
        a_source,
        (),
        {"on_lost_position": "go"},
        "on_lost_position is 'go'; it has to be one of stop, all_retained",
    ),
    (an_org, ("acme.my.salesforce.com",), {}, "SalesforceConnection: url is 'acme.my.salesforce.com'"),
    (an_org, (None,), {}, "url is None"),
    (
        an_org,
        ("https://a.example", ClientCredentials),
        {},
        "credentials is the class ClientCredentials;  … make one",
    ),
    (
        an_org,
        ("https://a.example", "token"),
        {},
        "credentials is 'token'; it has to be a way to log in, or None",
    ),
    (an_org, (), {"api_version": 65}, "api_version is 65; it has to be an API version, like 65.0"),
    (an_org, (), {"seconds": 0}, "SalesforceConnection: seconds is 0"),
    (an_update, (None,), {}, "SalesforceUpdateSink Opportunity: org is None"),
    (
        an_update,
        (ORG, "Opportunity/1"),
        {},
        "sobject is 'Opportunity/1'; it has to be the API name of an object",
    ),
    (an_update, (), {"session_header": 1}, "session_header is 1"),
    (an_upsert, ("Order__c", ""), {}, "SalesforceUpsertSink Order__c: external_id is ''"),
    (
        credentials,
        (ClientCredentials, None, "s"),
        {},
        "ClientCredentials: client_id is None; it has to be text",
    ),
    (
        credentials,
        (ClientCredentials, "k", ""),
        {},
        "client_secret is ''; it has to be text that is not empty",
    ),
    (credentials, (OAuthPassword, "k", "s", "ada", None), {}, "OAuthPassword: password is None"),
    (credentials, (SoapLogin, "", "s"), {}, "SoapLogin: username is ''"),
    (a_hub, ("",), {}, "name is ''"),
    (a_hub, ("h", "orders"), {}, "hub h: routes is 'orders'; it has to be a list of routes"),
    (a_hub, ("h", ["orders"]), {}, "hub h: routes[0] is 'orders'; it has to be a Route"),
    (a_hub, (), {"ledger_retention": -1}, "hub h: ledger_retention is -1;  …  milliseconds, 0 or more"),
    (
        a_hub,
        (),
        {"ledger_max": 0},
        "hub h: ledger_max is 0; it has to be a whole number of messages, 1 or more",
    ),
]


def test_the_examples_run() -> None:
    assert doctest.testmod(options).failed == 0


@pytest.mark.parametrize(("make", "given", "named", "told"), WRONG)
def test_what_an_option_cannot_be_is_refused(
    make: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any], told: str
) -> None:
    with pytest.raises(OptionWrong) as refused:
        make(*given, **named)
    for part in told.split(" … "):
        assert part.strip() in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("make", [a_route, a_policy, a_sink, a_source, an_org, an_update, a_hub])
def test_what_it_can_be_is_taken(make: Callable[..., Any]) -> None:
    assert make() is not None


WHOLE = """
from isthmus.hub.connectors.http import HttpSink
from isthmus.hub.hub import Hub
from isthmus.hub.route import Route
from tests.unit.hub.endpoints import Listed

sink = HttpSink("https://erp.example/orders")
orders = Route("orders", source=Listed([]), sink=sink)
hub = Hub("h", [orders])
"""


@pytest.mark.parametrize("command", ["check", "run", "show"])
@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("sink=sink", "sink=sink, steps=['nope']", "8: route orders: steps[0] is 'nope'"),
        (
            "sink=sink",
            "sink=sink, redelivery={}",
            "8: route orders: redelivery is {}; it has to be a Redelivery",
        ),
        ('/orders"', '/orders", seconds=0', "7: HttpSink: seconds is 0"),
        ("[orders]", "[orders, orders]", "9: two routes are called orders"),
        (
            '/orders")',
            "/orders\", headers={'a': __import__('os').environ['NONE_SUCH']})",
            "7: the environment variable NONE_SUCH is not set",
        ),
    ],
)
def test_a_hub_file_with_a_wrong_option_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, right: str, wrong: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hub.py").write_text(WHOLE.replace(right, wrong))
    result = CliRunner().invoke(main, ["hub", command, "hub.py"])
    assert result.exit_code == 1
    assert f"Error: hub.py:{told}" in result.output
    assert result.output.count("\n") == 1
    assert not (tmp_path / ".isthmus").exists()
