"""What anyone may send is small: with no session asked for, the body is read before its sender is known."""

from typing import cast

import pytest
from tests.unit.org.security.people import ADA, ORGANIZATION, PROFILE

from isthmus.org.api.control import control_adapter
from isthmus.org.api.oauth.adapter import OAUTH
from isthmus.org.api.request_log import RequestLog
from isthmus.org.api.rest import ADAPTER
from isthmus.org.api.routing import Adapter, Auth
from isthmus.org.api.soap.adapter import SOAP
from isthmus.org.provision import Founding

FOUNDING = Founding(ORGANIZATION, ADA, PROFILE, "3MVG9", provisioned=True)
ADAPTERS = (ADAPTER, OAUTH, SOAP, control_adapter("token", FOUNDING, bytes, cast("RequestLog", None)))


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.name)
def test_an_open_route_takes_small_bodies_only(adapter: Adapter) -> None:
    large = {
        route.path
        for route in adapter.routes
        if route.auth is Auth.NONE and route.method != "GET" and route.body_limit > 256 * 1024
    }
    assert large == set()
