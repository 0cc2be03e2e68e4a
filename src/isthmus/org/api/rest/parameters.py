"""Parameters: what stands in a request's URL behind the question mark."""

from urllib.parse import parse_qsl

from isthmus.org.api.routing import Call


def asked(call: Call) -> dict[str, str]:
    """The parameters, those without a value too; of one that is given twice the last."""
    return dict(parse_qsl(call.scope["query_string"].decode("latin-1"), keep_blank_values=True))
