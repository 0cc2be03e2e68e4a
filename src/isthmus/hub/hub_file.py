"""Hub file: a Python file that makes a `Hub` and calls it `hub`.

Whatever is wrong with it is told with file and line, before anything is opened or changed.
"""

import difflib
import importlib.util
import inspect
import os
import re
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from isthmus.hub.hub import Hub, HubBroken
from isthmus.hub.options import OptionWrong

__all__ = ["HubFileBroken", "load_hub"]

_MODULE: Final = "isthmus_hub_file"
_CALLED: Final = re.compile(
    r"(\w+)(?:\.__init__)?\(\) (?:got an unexpected keyword argument '(\w+)'.*|"
    r"missing \d+ required (?:keyword-only|positional) arguments?: (.+))"
)
"""What Python says of a call with an option that there isn't, or without one that is needed."""


class HubFileBroken(Exception):
    """The file makes no hub. The message begins with file and line."""


def load_hub(file: Path) -> Hub:
    """The hub that the file makes. Modules beside it can be imported. Raises HubFileBroken."""
    if not file.is_file():
        raise HubFileBroken(f"{file}: there is no such file")
    spec = importlib.util.spec_from_file_location(_MODULE, file.resolve())
    if spec is None or spec.loader is None:
        raise HubFileBroken(f"{file}: a hub file is a Python file, whose name ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_MODULE] = module  # where dataclasses and pickles of the file look for it
    sys.path.insert(0, str(file.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise HubFileBroken(f"{error.filename or file}:{error.lineno}: {error.msg}") from error
    except (Exception, SystemExit) as error:
        raise HubFileBroken(f"{_place(file, error)}: {_told(error, vars(module))}") from error
    hub = getattr(module, "hub", None)
    if not isinstance(hub, Hub):
        found = "there is none" if hub is None else f"what it calls hub is of the type {type(hub).__name__}"
        raise HubFileBroken(f'{file}:1: a hub file makes `hub = Hub("name", routes=[…])`; {found}')
    return hub


def _told(error: BaseException, names: Mapping[str, object]) -> str:
    """What is wrong, in a line."""
    if isinstance(error, OptionWrong | HubBroken):
        return str(error)
    if isinstance(error, KeyError) and _asked_the_environment(error):
        return f"the environment variable {error.args[0]} is not set, and the file needs it"
    if isinstance(error, TypeError) and (called := _CALLED.fullmatch(str(error))) is not None:
        owner, unknown, missing = called.groups()
        return _option_told(owner, unknown, missing, names)
    return f"{type(error).__name__}: {error}"


def _option_told(owner: str, unknown: str | None, missing: str | None, names: Mapping[str, object]) -> str:
    """What is wrong with the options that something of the file was made with."""
    if unknown is None:
        return f"{owner} needs {(missing or '').replace(chr(39), '')}"
    made = names.get(owner)
    known = list(inspect.signature(made).parameters) if callable(made) else []
    meant = difflib.get_close_matches(unknown, known, 1)
    return f"{owner} has no option {unknown}" + (f"; did you mean {meant[0]}?" if meant else "")


def _asked_the_environment(error: KeyError) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and frames[-1].filename in (os.__file__, "<frozen os>")


def _place(file: Path, error: BaseException) -> str:
    """Where in the file it happened; where in what the file imports, if it came no further."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if each.filename == str(file.resolve())]
    if own:
        return f"{file}:{own[-1].lineno}"
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else f"{file}:1"
