"""Stopping: how a read that takes too long is ended from outside, by whoever waits for it."""


class Stop:
    """A read that is given one ends with DatabaseStopped soon after it is `wanted`, whoever sets that.

    One that has not begun by then ends before its first row; one that is done stays as it is.
    """

    __slots__ = ("wanted",)

    def __init__(self) -> None:
        self.wanted = False
