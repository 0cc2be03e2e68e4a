"""Search: the face of the org that finds records by their text."""

from collections import Counter

import structlog

from isthmus.org.org import recent, search_layouts
from isthmus.org.org.reads import ReadFace
from isthmus.org.org.search_layouts import SearchLayout
from isthmus.org.query.sosl.engine import SearchResult, searchable
from isthmus.org.query.sosl.parameters import (
    SearchParameters,
    SuggestionParameters,
    search_of,
    suggestions_of,
)
from isthmus.org.query.sosl.syntax import Search
from isthmus.org.search import upkeep
from isthmus.org.search.changes import newest as newest_change
from isthmus.org.security.principal import Principal

_log = structlog.get_logger(__name__)


class SearchFace(ReadFace):
    """Searches, suggestions, what is searched, and the upkeep of the index that they use."""

    _newest_seen = 0
    """The change that was the newest when `settle_search` was last called."""

    async def search(
        self, principal: Principal, sosl: str, *, api_version: int | None = None
    ) -> SearchResult:
        """What a SOSL statement finds, of what the principal may see.

        `api_version` is the client's, None for the newest: older ones know less of the language.

        Faults: those of the catalogue's search.toml, and of query.toml where conditions, fields and orders
        are wrong.
        """
        await self._index_changes()
        return await self._long_read(
            lambda connection: self._searches.run(
                connection, self.schema, principal, sosl, api_version=api_version
            )
        )

    async def search_by(self, principal: Principal, parameters: SearchParameters) -> SearchResult:
        """What a search finds that is no statement. Faults: as for `search`, `search_parameter_invalid`."""
        return await self._find(principal, search_of(parameters))

    async def suggest(self, principal: Principal, parameters: SuggestionParameters) -> SearchResult:
        """Records whose names may be meant. Faults: as for `search_by`, `object_not_suggestible`."""
        search = suggestions_of(parameters, self.schema, principal.access)
        return SearchResult(()) if search is None else await self._find(principal, search)

    async def search_scope(self, principal: Principal) -> list[str]:
        """The objects that are searched for a user, those first of which they used most records lately."""
        used = Counter(each.sobject for each in await self.recent(principal, limit=recent.KEPT))
        names = [each.name for each in searchable(self.schema, principal.access) if each.layoutable]
        return sorted(names, key=lambda name: (-used[name], name))

    def search_layout(self, principal: Principal, sobject: str) -> SearchLayout:
        """How what is found of an object is shown. Fault: `no_such_object`."""
        return search_layouts.layout(self.schema, principal.access, sobject)

    async def settle_search(self, *, patient: bool = False) -> int:
        """Bring the index up to date; returns in how many parts. Saves and searches go on between them.

        Who is `patient` waits until nothing was saved since the last call, so that a burst of saves has the
        processor for itself, unless very much is left to do.
        """
        newest = await self._read(newest_change)
        pause, self._newest_seen = newest == self._newest_seen, newest
        if patient and not pause and not await self._read(upkeep.is_long):
            return 0
        if not await self._read(upkeep.waiting):
            return 0
        parts = 0
        while await self._write(lambda tx: upkeep.advance(tx, self.schema)):
            parts += 1
        _log.debug("the search index is up to date", parts=parts)
        return parts

    async def _find(self, principal: Principal, search: Search) -> SearchResult:
        await self._index_changes()
        return await self._long_read(
            lambda connection: self._searches.find(connection, self.schema, principal, search)
        )

    async def _index_changes(self) -> None:
        """Index what saves have left where it is too much to be looked into by each search.

        What they leave meanwhile is looked into: else a search would wait for as long as others save.
        """
        newest = await self._read(newest_change)
        while await self._read(lambda connection: upkeep.behind(connection, newest)):
            await self._write(lambda tx: upkeep.advance(tx, self.schema))
