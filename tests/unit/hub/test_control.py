"""Hub control: what it shows of messages, and what it refuses."""

from isthmus.hub.api.control import without_secrets


def test_secrets_are_hidden_however_deep_they_lie() -> None:
    shown = {"Id": "006", "lines": [{"n": 1, "Session_Id__c": "00D!x"}], "ApiToken": {"a": 1}}
    assert without_secrets(shown) == {
        "Id": "006",
        "lines": [{"n": 1, "Session_Id__c": "(hidden)"}],
        "ApiToken": "(hidden)",
    }
    assert without_secrets("text") == "text"
