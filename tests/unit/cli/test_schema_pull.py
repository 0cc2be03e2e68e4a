"""Does `schema pull` tell one org from another, and does an org take on what it wrote?"""

import asyncio
from pathlib import Path

import aiohttp
from click.testing import CliRunner, Result
from tests.unit.test_assembly import served, settings_in

from isthmus.cli import main
from isthmus.definition import base_objects
from isthmus.org.schema.model import Schema
from isthmus.serving import Serving


def pull(folder: Path, *arguments: str, overlay: str | None = None) -> Result:
    """The command's result, with an org in `folder` as the other org."""
    settings = settings_in(folder, org_overlay=overlay)

    async def work(serving: Serving, _: aiohttp.ClientSession) -> Result:
        session = await serving.opened.org.identity.open_session(settings.org.username)
        told = ["schema", "pull", "--url", str(serving.http), "--token", session.token, *arguments]
        return await asyncio.to_thread(CliRunner().invoke, main, told)

    result = served(settings, work)
    assert isinstance(result, Result)
    return result


def test_an_org_does_not_differ_from_itself(tmp_path: Path) -> None:
    result = pull(tmp_path)
    assert result.exit_code == 0, result.output
    assert result.output.strip() == "No difference"


def test_what_was_pulled_makes_another_org_the_same(tmp_path: Path) -> None:
    other, file = tmp_path / "other", tmp_path / "pulled.toml"
    other.mkdir()
    (other / "overlay.toml").write_text("[Account.fields.Site]\nlength = 12\n")
    result = pull(other, "--overlay", str(file), overlay="overlay.toml")
    assert result.exit_code == 0, result.output
    assert "Site: length: here 80, there 12" in result.output
    ours = Schema(base_objects(settings_in(tmp_path, org_overlay=str(file))))
    site = ours["Account"].field("Site")
    assert site is not None
    assert site.length == 12


def test_a_wrong_token_is_said(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def work(serving: Serving, _: aiohttp.ClientSession) -> Result:
        told = ["schema", "pull", "--url", str(serving.http), "--token", "nonsense"]
        return await asyncio.to_thread(CliRunner().invoke, main, told)

    result = served(settings, work)
    assert result.exit_code == 1
    assert "INVALID_SESSION_ID" in result.output
