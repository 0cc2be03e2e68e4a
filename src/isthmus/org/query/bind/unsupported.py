"""Unsupported: what the grammar knows and the engine does not run is refused in so many words."""

from isthmus.org.query.problem import SoqlProblem


def unsupported(feature: str, at: int) -> SoqlProblem:
    """The problem that a feature is not supported here, to be raised."""
    return SoqlProblem("query_feature_unsupported", at, feature=feature)
