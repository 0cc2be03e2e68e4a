"""Testing: what tests of integrations need of an org. Public: users import it."""

from isthmus.testing.empty_org import empty_org

__all__ = ["empty_org"]
