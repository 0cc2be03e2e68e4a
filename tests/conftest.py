"""All tests: a run of the whole suite fails where it leaves an error of the catalogue unprovoked."""

from typing import Any, Final

import pytest
from tests.conformance.held import held
from tests.tidy.provoked import record, unprovoked

PROVOKED: Final = set[str]()
_PARTIAL: Final = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf", "collectonly")
"""Options with which less than everything may run."""

record(PROVOKED)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of pytest-xdist has ended: what it provoked counts here."""
    PROVOKED.update(getattr(node, "workeroutput", {}).get("provoked", ()))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["provoked"] = sorted(PROVOKED)
    elif exitstatus == pytest.ExitCode.OK and _is_whole(session.config) and (left := unprovoked(PROVOKED)):
        _fail(session, f"no test provokes these errors of the catalogue: {', '.join(left)}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What tests say of their own size (`record_property("says", …)`), before the counted line."""
    for report in terminalreporter.stats.get("passed", ()):
        for name, text in report.user_properties:
            if name == "says":
                terminalreporter.write_line(str(text))
    for line in held(terminalreporter.stats.get("passed", ())):
        terminalreporter.write_line(line)


def _is_whole(config: pytest.Config) -> bool:
    """Whether this is a run of everything: then the catalogue must be provoked, otherwise it need not."""
    named_none = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return named_none and not any(config.getoption(each, default=None) for each in _PARTIAL)


def _fail(session: pytest.Session, why: str) -> None:
    """Fail the run as a test that errs does, so that the counted line says it."""
    place = ("tests/conftest.py", None, "the error catalogue")
    report = pytest.TestReport(
        "tests/conftest.py::the error catalogue", place, {}, "failed", why, when="teardown"
    )
    session.config.hook.pytest_runtest_logreport(report=report)
    session.exitstatus = pytest.ExitCode.TESTS_FAILED
