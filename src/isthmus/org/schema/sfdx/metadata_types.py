"""Metadata types: the table of `metadata_types.toml`, and which type a file of a project belongs to."""

import tomllib
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any


class Standing(Enum):
    """What becomes of a type's components here."""

    RUNS = "runs"
    LATER = "later"
    ASIDE = "aside"
    HANDLER = "handler"


class Shape(Enum):
    """How a component lies in files."""

    FILE = "file"
    CONTENT = "content"
    BUNDLE = "bundle"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True)
class MetadataType:
    """One type. `suffix` without its dot; '' where the bundle's folder alone says what it is."""

    name: str
    folder: str
    suffix: str
    standing: Standing
    shape: Shape = Shape.FILE
    under: str | None = None
    in_folders: bool = False
    says: str = ""


@cache
def metadata_types() -> dict[str, MetadataType]:
    """Every known type by name."""
    return {
        name: MetadataType(
            name,
            folder=entry["folder"],
            suffix=entry.get("suffix", ""),
            standing=Standing(entry["standing"]),
            shape=Shape(entry.get("shape", "file")),
            under=entry.get("under"),
            in_folders=entry.get("in_folders", False),
            says=entry.get("says", ""),
        )
        for name, entry in _table()["type"].items()
    }


def partly(name: str, **values: str) -> str | None:
    """Why a component that is read runs only in part, as a sentence; None where it runs whole by now."""
    sentence: str | None = _table()["partly"].get(name)
    return None if sentence is None else sentence.format(**values)


def type_of(suffix: str, folders: tuple[str, ...]) -> MetadataType | None:
    """The type of a file with that suffix below those folders (outermost first).

    Where several types share a suffix, the innermost folder that is one of theirs decides; where none is, and
    the suffix belongs to one type alone, the folder does not matter, as for the `sf` CLI.
    """
    candidates = _by_suffix().get(suffix, ())
    for folder in reversed(folders):
        for candidate in candidates:
            if candidate.folder == folder:
                return candidate
    return candidates[0] if len(candidates) == 1 else None


def type_of_folder(folder: str) -> MetadataType | None:
    """The bundle or resource type whose components lie in folders or files of any name below `folder`."""
    return _by_folder().get(folder)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("metadata_types.toml").read_text("utf-8"))


@cache
def _by_suffix() -> dict[str, tuple[MetadataType, ...]]:
    found: dict[str, tuple[MetadataType, ...]] = {}
    for each in metadata_types().values():
        if each.suffix:
            found[each.suffix] = (*found.get(each.suffix, ()), each)
    return found


@cache
def _by_folder() -> dict[str, MetadataType]:
    return {
        each.folder: each
        for each in metadata_types().values()
        if each.shape in (Shape.BUNDLE, Shape.RESOURCE)
    }
