"""Problems: why something in a flow can't be run: it is broken, or not run here."""


class FlowProblem(Exception):
    """`gap`: the platform would run it, this org does not (yet)."""

    def __init__(self, message: str, *, gap: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.gap = gap


def broken(message: str) -> FlowProblem:
    """The platform would not take it either."""
    return FlowProblem(message)


def not_run(message: str) -> FlowProblem:
    """The platform would run it."""
    return FlowProblem(message, gap=True)
