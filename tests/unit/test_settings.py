"""Do the file, the environment and the command line give the settings they say?"""

from pathlib import Path

import pytest

from isthmus.settings import SettingsError, load


def test_nothing_at_all_is_a_configuration(tmp_path: Path) -> None:
    settings = load(tmp_path, environment={})
    assert settings.server.http == 8080
    assert settings.project is None
    assert settings.data == tmp_path / ".isthmus"


def test_a_project_in_the_folder_defines_the_org(tmp_path: Path) -> None:
    (tmp_path / "sfdx-project.json").write_text("{}")
    assert load(tmp_path, environment={}).project == tmp_path


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "isthmus.toml").write_text(
        '[server]\nhttp = 1\nhttps = 2\ngateway = 3\n[org]\nname = "acme"\n'
    )
    settings = load(
        tmp_path,
        environment={"ISTHMUS_SERVER_HTTPS": "20", "ISTHMUS_SERVER_GATEWAY": "30"},
        overrides={"server_gateway": 300, "server_http": None},
    )
    assert (settings.server.http, settings.server.https, settings.server.gateway) == (1, 20, 300)
    assert settings.org.name == "acme"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[org\n", "at line 1"),
        ("[org]\nnmae = 'x'\n", "nmae"),
        ("[server]\nhttp = 'soon'\n", "server.http"),
        ("data = 'x'\n", "--data"),
        ("[limits]\nDailyApiRequest = 5\n", "limits.DailyApiRequest"),
        ("[server]\nhttp = 99999\n", "server.http"),
        ("[server]\nhttp = -7\n", "server.http"),
        ("[server]\nhttp = -1\nhttps = -1\n", "neither http nor https"),
        ("[org]\nsession_minutes = 0\n", "org.session_minutes"),
        ("[org]\ntime_zone = 'Mars/Phobos'\n", "Mars/Phobos"),
        ("[org]\nname = 'Bad Name!'\n", "org.name: Expected a part of a host name"),
        ("[org]\nlocale = 'German'\n", "org.locale"),
        ("[org]\nusername = 'notanemail'\n", "org.username"),
        ("[org]\nedition = 'Foo'\n", "org.edition: Expected one of: Developer Edition, "),
        ("[users]\nusername = 'a@b.example'\n", "each under a heading of their own, [[users]]"),
        ("[org]\nstorage = 'mysql://x'\n", "mysql"),
        ("[limits]\nDailyApiRequests = -5\n", "0 or more"),
        ("[[users]]\nusername = 'admin@isthmus.example'\n", "admin@isthmus.example is the administrator's"),
        ("[[users]]\nusername = 'a@b.example'\n[[users]]\nusername = 'A@b.example'\n", "is declared twice"),
        ("[org]\npassword = ''\n", "org.password: Expected `str` of length >= 1"),
        ("[[users]]\nusername = 'nobody'\n", "a username, which has the form of an e-mail address"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "isthmus.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"isthmus\.toml") as caught:
        load(tmp_path, environment={})
    assert message in str(caught.value)


def test_a_wrong_value_is_blamed_on_who_said_it(tmp_path: Path) -> None:
    (tmp_path / "isthmus.toml").write_text("[hub]\nport = 1\n")
    with pytest.raises(SettingsError, match=r"^the command line: hub\.port: "):
        load(tmp_path, environment={}, overrides={"hub_port": 99_999})
    with pytest.raises(SettingsError, match=r"^ISTHMUS_HUB_PORT: hub\.port: "):
        load(tmp_path, environment={"ISTHMUS_HUB_PORT": "99999"})


def test_an_unknown_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ISTHMUS_SERVER_HTTTP"):
        load(tmp_path, environment={"ISTHMUS_SERVER_HTTTP": "1"})


def test_limits_and_lists_can_be_set_by_the_environment(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        environment={
            "ISTHMUS_LIMITS_DAILYAPIREQUESTS": "7",
            "ISTHMUS_SERVER_ALLOWED_HOSTS": "a.example,b.example",
        },
    )
    assert settings.limits == {"DailyApiRequests": 7}
    assert settings.server.allowed_hosts == ("a.example", "b.example")
