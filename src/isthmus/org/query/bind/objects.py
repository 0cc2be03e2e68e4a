"""Objects: what FROM may name."""

from isthmus.org.query.parser.syntax import Path
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import Schema, SObjectType


def find_object(schema: Schema, path: Path, *, calculated: bool = False) -> SObjectType:
    """The object that a query's FROM names; it may be one that is `calculated`. Raises SoqlProblem."""
    sobject = schema.find(str(path))
    if sobject is None:
        raise SoqlProblem("no_such_object", path.at, sobject=str(path))
    if not sobject.queryable:
        raise SoqlProblem("object_not_queryable", path.at, sobject=sobject.name)
    if not (sobject.stored or (calculated and sobject.calculated)):
        raise SoqlProblem("query_feature_unsupported", path.at, feature=f"A query of {sobject.name}")
    return sobject
