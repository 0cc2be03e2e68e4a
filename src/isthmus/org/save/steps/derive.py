"""Derive: standard fields whose value follows from other fields of the record.

The rules are in `standard_fields`.
"""

from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.standard_fields import rules_for
from isthmus.org.save.step import step


def _has_rules(plan: Plan) -> bool:
    return bool(rules_for(plan.sobject))


@step(Operation.INSERT, Operation.UPDATE, needed=_has_rules)
def derive_standard_fields(save: Save) -> None:
    """Apply the object's rules, in their order, to each record of the batch."""
    rules = rules_for(save.plan.sobject)
    for row in save.live():
        for rule in rules:
            rule(save, row)
