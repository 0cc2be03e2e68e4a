"""Scanning: which component each file belongs to."""

from tests.unit.org.schema.sfdx.conftest import HEAD, METADATA, SOURCE, ProjectFolder

from isthmus.org.schema.sfdx.metadata_types import Standing, metadata_types

# files · the component's type and name · the path by which people know it
FILES = [
    (["classes/a/A.cls", "classes/a/A.cls-meta.xml"], "ApexClass A", "classes/a/A.cls"),
    (["triggers/T.trigger", "triggers/T.trigger-meta.xml"], "ApexTrigger T", "triggers/T.trigger"),
    (["flows/F.flow-meta.xml"], "Flow F", "flows/F.flow-meta.xml"),
    (["workflows/Account.workflow"], "Workflow Account", "workflows/Account.workflow"),
    (["objects/A__c/A__c.object-meta.xml"], "CustomObject A__c", "objects/A__c/A__c.object-meta.xml"),
    (["objects/B__c.object"], "CustomObject B__c", "objects/B__c.object"),
    (
        ["objects/A__c/fields/X__c.field-meta.xml"],
        "CustomField A__c.X__c",
        "objects/A__c/fields/X__c.field-meta.xml",
    ),
    (["customMetadata/R.N.md-meta.xml"], "CustomMetadata R.N", "customMetadata/R.N.md-meta.xml"),
    (
        ["lwc/card/card.html", "lwc/card/card.js", "lwc/card/card.js-meta.xml", "lwc/card/deep/x.css"],
        "LightningComponentBundle card",
        "lwc/card/",
    ),
    (["aura/One/One.cmp", "aura/One/One.cmp-meta.xml"], "AuraDefinitionBundle One", "aura/One/"),
    (
        ["staticresources/z/a.js", "staticresources/z/b/c.cls", "staticresources/z.resource-meta.xml"],
        "StaticResource z",
        "staticresources/z/",
    ),
    (
        ["staticresources/y.min.js", "staticresources/y.resource-meta.xml"],
        "StaticResource y",
        "staticresources/y.min.js",
    ),
    (["email/F/T.email", "email/F/T.email-meta.xml"], "EmailTemplate F/T", "email/F/T.email"),
    (["email/F.emailFolder-meta.xml"], "EmailFolder F", "email/F.emailFolder-meta.xml"),
    (["reports/F/G/R.report-meta.xml"], "Report F/G/R", "reports/F/G/R.report-meta.xml"),
    (["documents/D/p.png", "documents/D/p.png-meta.xml"], "Document D/p", "documents/D/p.png"),
    (
        ["documents/D.documentFolder-meta.xml"],
        "DocumentFolder D",
        "documents/D.documentFolder-meta.xml",
    ),
    (["moderation/M.rule-meta.xml"], "ModerationRule M", "moderation/M.rule-meta.xml"),
    (["restrictionRules/M.rule-meta.xml"], "RestrictionRule M", "restrictionRules/M.rule-meta.xml"),
    (
        ["experiences/shop.site-meta.xml", "experiences/shop/config/a.json"],
        "ExperienceBundle shop",
        "experiences/",
    ),
    (["settings/Account.settings-meta.xml"], "Settings Account", "settings/Account.settings-meta.xml"),
    (["oddly/placed/Q.queue-meta.xml"], "Queue Q", "oddly/placed/Q.queue-meta.xml"),
]


def test_every_file_finds_its_component(folder: ProjectFolder) -> None:
    for files, what, _ in FILES:
        for file in files:
            kind = what.split()[0]
            root = "AccountSettings" if kind == "Settings" else kind
            xml = f"{HEAD}<{root} {METADATA}/>" if file.endswith((".xml", ".workflow", ".object")) else "…"
            folder.put(file, xml)
    project = folder.load()
    found = {each.what: each for each in project.components}
    assert {what: found[what].shown for _, what, _ in FILES} == {
        what: f"{SOURCE}/{shown}" for _, what, shown in FILES
    }
    assert {what: len(each.files) for what, each in found.items()} == {
        what: len(files) for files, what, _ in FILES
    }
    assert not project.unknown_files
    assert not [each for each in project.findings if "root element" in each.message]


def test_files_of_no_known_type(folder: ProjectFolder) -> None:
    folder.put("objects/README.md", "")
    folder.put("lwc/README.md", "")
    folder.put("strange/A.strange-meta.xml", "<Strange/>")
    assert [file.removeprefix(f"{SOURCE}/") for file in folder.load().unknown_files] == [
        "lwc/README.md",
        "objects/README.md",
        "strange/A.strange-meta.xml",
    ]


def test_content_and_its_description_belong_together(folder: ProjectFolder) -> None:
    folder.put("classes/A.cls", "")
    folder.xml("classes/B.cls-meta.xml", "ApexClass", "")
    assert [each.split("warning: ")[1] for each in folder.warnings()] == [
        "ApexClass A: there is no A.cls-meta.xml beside the file",
        "ApexClass B: there is no B.cls beside the file",
    ]


def test_the_table_is_sound() -> None:
    types = metadata_types()
    assert len(types) > 150
    assert all(each.suffix or each.shape.value == "bundle" for each in types.values())
    assert all(each.under is None or each.under in types for each in types.values())
    assert all(each.says for each in types.values() if each.standing is Standing.HANDLER)
    places = [(each.suffix, each.folder) for each in types.values() if each.suffix]
    assert len(places) == len(set(places)), "two types can't share suffix and folder"
