"""Principal: on whose behalf something is asked. Every question to the `Org` carries one."""

from dataclasses import dataclass, field

from isthmus.org.security.access import EVERYTHING, Access


@dataclass(frozen=True, slots=True)
class Principal:
    """A user in a session, with what they may see and do.

    `time_zone` is an IANA name, `locale` and `language` are the platform's (`en_US`).
    """

    user_id: str
    username: str
    organization_id: str
    profile_id: str
    time_zone: str = "America/Los_Angeles"
    locale: str = "en_US"
    language: str = "en_US"
    access: Access = field(default=EVERYTHING)
