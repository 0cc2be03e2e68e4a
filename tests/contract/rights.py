"""Rights of users in orgs that have no permission sets."""

from isthmus.org.security.access import EVERYTHING, Access


def every_right(*_whose: object) -> Access:
    """The rights of anyone, in an org without permission sets."""
    return EVERYTHING
