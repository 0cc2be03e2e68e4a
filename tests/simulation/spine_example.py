"""The example that the spine is made of. Its files lie in no package: they are loaded by their names."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Final

TELECOM: Final = Path(__file__).parents[2] / "examples" / "telecom"


def example(name: str) -> Any:
    """One of the example's modules, loaded anew."""
    spec = spec_from_file_location(f"telecom_{name}", TELECOM / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
