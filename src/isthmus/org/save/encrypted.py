"""Encrypted: the values of encrypted fields on their way into statements, and out of what they read.

Only for objects that have any: others know nothing of it.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from isthmus.kernel.database import Value
from isthmus.org.schema.model import Field
from isthmus.org.schema.schemes import FieldCipher, Unreadable
from isthmus.org.schema.values import Stored, fold


class Codec:
    """Closes and opens the values of one object's records. `ciphers` are those of its fields, by name."""

    def __init__(self, ciphers: Mapping[str, FieldCipher], unsearched: Container[str]) -> None:
        self._ciphers = ciphers
        self._unsearched = unsearched

    def open(self, records: Iterable[dict[str, Stored]]) -> None:
        """Put the values of encrypted fields in the place of what their columns hold."""
        for values in records:
            for name, cipher in self._ciphers.items():
                values[name] = cipher.open(values[name])

    def binder(
        self, plain: Sequence[str], folded: Sequence[str]
    ) -> Callable[[Mapping[str, Stored]], list[Value]]:
        """What makes parameters: of the columns `plain`, then of the shadows of `folded`."""
        closing = [self._ciphers.get(name) for name in plain]
        shadows = [(name, self._ciphers.get(name), name in self._unsearched) for name in folded]

        def bind(values: Mapping[str, Stored]) -> list[Value]:
            get = values.get
            parameters: list[Value] = []
            for name, cipher in zip(plain, closing, strict=True):
                value = get(name)
                parameters.append(value if value is None or cipher is None else _closed(cipher, value))
            for name, cipher, unsearched in shadows:
                value = get(name)
                if unsearched or value is None:
                    parameters.append(None)
                elif cipher is not None:
                    parameters.append(cipher.token(value))
                else:
                    parameters.append(fold(value) if isinstance(value, str) else None)
            return parameters

        return bind


def codec_of(fields: Iterable[Field], unsearched: Container[str] = ()) -> Codec | None:
    """The codec of an object with these fields; None where none of them asks for one.

    The registry's entries are closed by whoever enters them: they are not its own fields' values.
    """
    fields = tuple(fields)
    ciphers = {each.name: each.cipher for each in fields if each.encryption and each.cipher is not None}
    if not ciphers and not any(each.name in unsearched for each in fields):
        return None
    return Codec(ciphers, unsearched)


def _closed(cipher: FieldCipher, value: int | float | str) -> Value:
    """What could not be opened stays what it is."""
    return value.kept if isinstance(value, Unreadable) else cipher.close(value)
