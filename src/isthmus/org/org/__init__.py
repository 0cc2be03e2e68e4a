"""Org: the façade. Adapters ask here, and import from here what they need to ask and to read the answers."""

from isthmus.org.events.channels import Channel
from isthmus.org.events.feed import ChannelEvent, ChannelPage
from isthmus.org.limits.maxima import COMETD_CLIENTS
from isthmus.org.limits.report import Limit
from isthmus.org.limits.usage import Usage
from isthmus.org.org.events import NamedSchema
from isthmus.org.org.facade import Org
from isthmus.org.org.recent import RecentItem
from isthmus.org.org.running import Running
from isthmus.org.org.search_layouts import SearchLayout
from isthmus.org.query.explain import Explanation
from isthmus.org.query.result import (
    Children,
    ChildRows,
    Column,
    Compound,
    Item,
    Locator,
    Parent,
    QueryResult,
    ResultRow,
    Shape,
    Typeof,
)
from isthmus.org.query.sosl.engine import SearchResult
from isthmus.org.query.sosl.parameters import ObjectParameters, SearchParameters, SuggestionParameters
from isthmus.org.save.result import SaveOptions, SaveResult
from isthmus.org.save.trees import Tree

__all__ = [
    "COMETD_CLIENTS",
    "Channel",
    "ChannelEvent",
    "ChannelPage",
    "ChildRows",
    "Children",
    "Column",
    "Compound",
    "Explanation",
    "Item",
    "Limit",
    "Locator",
    "NamedSchema",
    "ObjectParameters",
    "Org",
    "Parent",
    "QueryResult",
    "RecentItem",
    "ResultRow",
    "Running",
    "SaveOptions",
    "SaveResult",
    "SearchLayout",
    "SearchParameters",
    "SearchResult",
    "Shape",
    "SuggestionParameters",
    "Tree",
    "Typeof",
    "Usage",
]
