"""Renderings: what messages look like, made once for all subscribers who see the same."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Final

from isthmus.kernel.journal import Entry
from isthmus.org.events.channels import Channel, View

BYTES_MAX: Final = 16 * 1024 * 1024
COUNT_MAX: Final = 20_000
_OVERHEAD: Final = 200
"""About so many bytes an entry takes beside its text."""


class Renderings:
    """The most recently used renderings, by position and by who sees the same."""

    def __init__(self, bytes_max: int = BYTES_MAX, count_max: int = COUNT_MAX) -> None:
        self._bytes_max = bytes_max
        self._count_max = count_max
        self._kept: OrderedDict[tuple[int, View, Hashable], bytes] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(
        self, entry: Entry, position: int, channel: Channel, variant: Hashable, schemas: Mapping[str, bytes]
    ) -> bytes:
        """The `data` of the event at `position`, which is one of the entry's."""
        key = (position, channel.view, variant)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        made = channel.view.render(entry, schemas[entry.fact.schema_id], variant)
        for at, data in enumerate(made, entry.position):
            self._keep((at, channel.view, variant), data)
        return made[position - entry.position]

    def _keep(self, key: tuple[int, View, Hashable], data: bytes) -> None:
        if key not in self._kept:
            self.bytes += len(data) + _OVERHEAD
        self._kept[key] = data
        while self.bytes > self._bytes_max or len(self._kept) > self._count_max:
            _, gone = self._kept.popitem(last=False)
            self.bytes -= len(gone) + _OVERHEAD
