"""Automation: the steps in which flows, handlers and rules run.

What they do lies behind the port `Automation`.
"""

from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Moment, Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.step import Step


def automation_step(moment: Moment, *operations: Operation) -> Step:
    """The step that runs what automation has at `moment`; a plan without any has no such step."""

    def needed(plan: Plan) -> bool:
        return moment in plan.moments

    def run(save: Save) -> None:
        if save.live():
            save.runners[moment](save)

    return Step(moment.name.lower(), run, frozenset(operations), needed, lasting=True, moment=moment)


_WRITES = (Operation.INSERT, Operation.UPDATE)

run_before_save_flows = automation_step(Moment.BEFORE_SAVE_FLOWS, *_WRITES, Operation.DELETE)
run_before_handlers = automation_step(Moment.BEFORE_HANDLERS, *_WRITES, Operation.DELETE)
check_validation_rules = automation_step(Moment.VALIDATION_RULES, *_WRITES)
check_duplicate_rules = automation_step(Moment.DUPLICATE_RULES, *_WRITES)
run_after_handlers = automation_step(Moment.AFTER_HANDLERS, *Operation)
run_assignment_rules = automation_step(Moment.ASSIGNMENT_RULES, *_WRITES)
run_auto_response_rules = automation_step(Moment.AUTO_RESPONSE_RULES, *_WRITES)
run_workflow_rules = automation_step(Moment.WORKFLOW_RULES, *_WRITES)
run_escalation_rules = automation_step(Moment.ESCALATION_RULES, *_WRITES)
run_processes = automation_step(Moment.PROCESSES, *_WRITES)
run_after_save_flows = automation_step(Moment.AFTER_SAVE_FLOWS, *Operation)
run_entitlement_rules = automation_step(Moment.ENTITLEMENT_RULES, *_WRITES)
recalculate_roll_ups = automation_step(Moment.ROLL_UPS, *Operation)
recalculate_sharing = automation_step(Moment.SHARING, *Operation)
