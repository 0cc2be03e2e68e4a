"""Hub file: a Python file that makes a `Hub` and calls it `hub`.

Whatever is wrong with it is told with file and line, before anything is opened or changed.
"""

import importlib.util
import os
import sys
import traceback
from pathlib import Path
from typing import Final

from isthmus.hub.hub import Hub, HubBroken
from isthmus.hub.options import OptionWrong

__all__ = ["HubFileBroken", "load_hub"]

_MODULE: Final = "isthmus_hub_file"


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
        raise HubFileBroken(f"{_place(file, error)}: {_told(error)}") from error
    hub = getattr(module, "hub", None)
    if not isinstance(hub, Hub):
        found = "there is none" if hub is None else f"that is a {type(hub).__name__}"
        raise HubFileBroken(f'{file}:1: a hub file makes `hub = Hub("name", routes=[…])`; {found}')
    return hub


def _told(error: BaseException) -> str:
    """What is wrong, in a line."""
    if isinstance(error, OptionWrong | HubBroken):
        return str(error)
    if isinstance(error, KeyError) and _asked_the_environment(error):
        return f"the environment variable {error.args[0]} is not set, and the file needs it"
    return f"{type(error).__name__}: {error}"


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
