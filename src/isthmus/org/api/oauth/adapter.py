"""The OAuth adapter: its routes. The token endpoints check the client that asks; the identity service needs a
user's token, which may come as a field, so that the gateway can't look for it.
"""

from typing import Final

from isthmus.org.api.oauth.answers import render_fault
from isthmus.org.api.oauth.identity_service import UserHandler, for_token_user, show_identity, show_user_info
from isthmus.org.api.oauth.tokens import authorize, grant_token, introspect_token, must_post, revoke_token
from isthmus.org.api.routing import Adapter, Auth, Handler, Route

_FORM_BYTES_MAX: Final = 64 * 1024
_ROUTES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("POST", "/services/oauth2/token", grant_token),
    ("GET", "/services/oauth2/token", must_post),
    ("POST", "/services/oauth2/revoke", revoke_token),
    ("GET", "/services/oauth2/revoke", revoke_token),
    ("POST", "/services/oauth2/introspect", introspect_token),
    ("GET", "/services/oauth2/introspect", must_post),
    ("GET", "/services/oauth2/authorize", authorize),
    ("POST", "/services/oauth2/authorize", authorize),
)
_USER_ROUTES: Final[tuple[tuple[str, str, UserHandler], ...]] = (
    ("GET", "/services/oauth2/userinfo", show_user_info),
    ("POST", "/services/oauth2/userinfo", show_user_info),
    ("GET", "/id/{organization}/{user}", show_identity),
    ("POST", "/id/{organization}/{user}", show_identity),
)

OAUTH: Final = Adapter(
    "oauth",
    (
        *(Route(method, path, handler, Auth.NONE, _FORM_BYTES_MAX) for method, path, handler in _ROUTES),
        *(
            Route(method, path, for_token_user(handler), Auth.NONE, _FORM_BYTES_MAX)
            for method, path, handler in _USER_ROUTES
        ),
    ),
    render_fault,
)
