"""Flows as XML, written short, and an org that saves with them."""

from pathlib import Path

from tests.contract.save.saves import Saves
from tests.contract.save.world import SCHEMA

from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.org.automation.flow.loader import LoadedFlows, load_flows
from isthmus.org.automation.flows import FlowAutomation
from isthmus.org.schema.sfdx.project import load_project

XMLNS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'


def value(text: str) -> str:
    """`ref:X` is a reference, `num:1` a number, `bool:true` a boolean; all else is a text."""
    kind, _, rest = text.partition(":")
    name = {"ref": "elementReference", "num": "numberValue", "bool": "booleanValue", "date": "dateValue"}.get(
        kind
    )
    return f"<{name}>{rest}</{name}>" if name else f"<stringValue>{text}</stringValue>"


def goes(target: str, element: str = "connector") -> str:
    return f"<{element}><targetReference>{target}</targetReference></{element}>"


def when(field: str, operator: str, wanted: str) -> str:
    """One entry condition."""
    return (
        f"<filters><field>{field}</field><operator>{operator}</operator>"
        f"<value>{value(wanted)}</value></filters>"
    )


def start(
    target: str,
    *conditions: str,
    on: str = "Order__c",
    events: str = "Create",
    trigger: str = "RecordAfterSave",
    logic: str = "and",
    newly: bool = False,
) -> str:
    changed = "<doesRequireRecordChangedToMeetCriteria>true</doesRequireRecordChangedToMeetCriteria>"
    return (
        f"<start>{goes(target)}{changed * newly}<filterLogic>{logic}</filterLogic>{''.join(conditions)}"
        f"<object>{on}</object><recordTriggerType>{events}</recordTriggerType>"
        f"<triggerType>{trigger}</triggerType></start>"
    )


def inputs(**fields: str) -> str:
    return "".join(
        f"<inputAssignments><field>{name}</field><value>{value(given)}</value></inputAssignments>"
        for name, given in fields.items()
    )


def create(name: str, sobject: str, *more: str, **fields: str) -> str:
    return (
        f"<recordCreates><name>{name}</name><label>{name}</label>{''.join(more)}{inputs(**fields)}"
        f"<object>{sobject}</object></recordCreates>"
    )


def update(name: str, *more: str, **fields: str) -> str:
    return (
        f"<recordUpdates><name>{name}</name><label>{name}</label>{''.join(more)}{inputs(**fields)}"
        "<inputReference>$Record</inputReference></recordUpdates>"
    )


def assign(name: str, target: str, operator: str, given: str, *more: str) -> str:
    return (
        f"<assignments><name>{name}</name><label>{name}</label><assignmentItems>"
        f"<assignToReference>{target}</assignToReference><operator>{operator}</operator>"
        f"<value>{value(given)}</value></assignmentItems>{''.join(more)}</assignments>"
    )


def variable(name: str, kind: str = "String", *more: str) -> str:
    return f"<variables><name>{name}</name><dataType>{kind}</dataType>{''.join(more)}</variables>"


def resource(element: str, name: str, inner: str) -> str:
    return f"<{element}><name>{name}</name>{inner}</{element}>"


def decision(name: str, left: str, operator: str, right: str, then: str, *more: str) -> str:
    return (
        f"<decisions><name>{name}</name><label>{name}</label><rules><name>{name}_yes</name>"
        f"<conditionLogic>and</conditionLogic><conditions><leftValueReference>{left}</leftValueReference>"
        f"<operator>{operator}</operator><rightValue>{value(right)}</rightValue></conditions>"
        f"{goes(then)}<label>yes</label></rules>{''.join(more)}</decisions>"
    )


def document(*elements: str, status: str = "Active", label: str = "Win") -> str:
    """A flow's file; each element stands on a line of its own, the first on line 6."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Flow {XMLNS}>\n<label>{label}</label>\n'
        f"<processType>AutoLaunchedFlow</processType>\n<status>{status}</status>\n"
        + "\n".join(elements)
        + "\n</Flow>\n"
    )


class FlowWorld:
    """An org without adapters whose project has the flows that are put into it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "app/flows").mkdir(parents=True)
        (root / "sfdx-project.json").write_text('{"packageDirectories": [{"path": "app"}]}')
        org, immediate = (SqliteDatabase(root / f"{each}.db", readers=1) for each in ("org", "immediate"))
        self.databases = org, immediate
        self.saves = Saves(org, immediate)
        self.automation = FlowAutomation()
        self.saves.automate(self.automation)

    def put(self, *elements: str, name: str = "Win", status: str = "Active", label: str = "Win") -> None:
        text = document(*elements, status=status, label=label)
        (self.root / f"app/flows/{name}.flow-meta.xml").write_text(text)

    def load(self) -> LoadedFlows:
        return load_flows(load_project(self.root, SCHEMA))

    def said(self, *elements: str, **how: str) -> list[str]:
        """What is said of a flow, without what comes before the line."""
        self.put(*elements, **how)
        return [str(each).partition("Win.flow-meta.xml:")[2] for each in self.load().findings]

    def run(self, *elements: str, **how: str) -> None:
        """Put a flow into force."""
        self.put(*elements, **how)
        loaded = self.load()
        assert not loaded.findings, "\n".join(map(str, loaded.findings))
        self.automation.replace(loaded.flows)

    def values(self, sobject: str, *fields: str) -> list[tuple[object, ...]]:
        """Fields of every record of an object that is not deleted, in the order in which they were made."""
        columns = ", ".join(f'"{each}"' for each in fields)
        sql = f'SELECT {columns} FROM "{sobject}" WHERE "IsDeleted" = 0 ORDER BY "Id"'
        return [tuple(row) for row in self.saves.rows(sql)]

    def close(self) -> None:
        for each in self.databases:
            each.close()
