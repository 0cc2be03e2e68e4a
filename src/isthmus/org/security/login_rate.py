"""The login rate: so many attempts an hour for each username, known or not.

Source: Salesforce Help, article 000312767: 3,600 logins per hour and user.
"""

from collections import OrderedDict
from typing import Final

from isthmus.kernel.clock import HOUR, Clock
from isthmus.kernel.errors import fault

LOGINS_PER_HOUR: Final = 3600
_USERNAMES_MAX: Final = 10_000


class LoginRate:
    """Counts attempts by the clock: an hour begins with a username's first attempt. For one thread."""

    def __init__(self, clock: Clock, per_hour: int = LOGINS_PER_HOUR) -> None:
        self._clock = clock
        self._per_hour = per_hour
        self._hours: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def count(self, username: str) -> None:
        """Count an attempt. Fault: `login_rate_exceeded`."""
        now = self._clock.now()
        since, attempts = self._hours.pop(username, (now, 0))
        if now >= since + HOUR:
            since, attempts = now, 0
        self._hours[username] = (since, attempts + 1)
        if len(self._hours) > _USERNAMES_MAX:
            self._hours.popitem(last=False)
        if attempts >= self._per_hour:
            raise fault("login_rate_exceeded")

    def has_just_exceeded(self, username: str) -> bool:
        """Whether the last attempt was the first of its hour that was refused."""
        return self._hours.get(username, (0, 0))[1] == self._per_hour + 1
