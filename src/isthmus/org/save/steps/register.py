"""Register: records are entered in the name registry. See `isthmus.org.save.names`."""

from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.step import step


def _is_registered(plan: Plan) -> bool:
    return plan.registry is not None


@step(Operation.INSERT, Operation.UPDATE, needed=_is_registered, lasting=True, sure=True)
def register_names(save: Save) -> None:
    """Keep the registry in step with the batch."""
    registry, rows = save.plan.registry, save.live()
    if registry is None or not rows:
        return
    if save.operation is Operation.INSERT:
        registry.insert(save.unit.tx, rows)
    else:
        registry.update(save.unit.tx, rows)
