"""The setup audit trail: what is told of changes, by whom, and that nobody writes it."""

import asyncio
from pathlib import Path

from tests.unit.org.api.serving import serving

from isthmus.kernel.clock import DAY


def test_changes_of_users_are_told_and_nobody_writes_the_trail(tmp_path: Path) -> None:
    async def run() -> tuple[list[tuple[str, str]], int, int]:
        async with serving(tmp_path) as served:
            profile = (await served.get("/query?q=SELECT+Id,ProfileId+FROM+User")).json["records"][0][
                "ProfileId"
            ]
            user = await served.create(
                "User", Username="eve@example.com", LastName="Eve", Alias="eve", Email="eve@example.com",
                CommunityNickname="eve", ProfileId=profile, TimeZoneSidKey="UTC", LocaleSidKey="en_US",
                LanguageLocaleKey="en_US", EmailEncodingKey="UTF-8",
            )  # fmt: skip
            await served.ask("PATCH", f"/sobjects/User/{user}", {"IsActive": False})
            found = await served.get(f"/query?q=SELECT+Id+FROM+UserLogin+WHERE+UserId='{user}'")
            login = found.json["records"][0]["Id"]
            assert (
                await served.ask("PATCH", f"/sobjects/UserLogin/{login}", {"IsFrozen": True})
            ).status == 204
            trail = await served.get(
                "/query?q=SELECT+Id,Action,Display,CreatedById+FROM+SetupAuditTrail+ORDER+BY+Id"
            )
            lines = trail.json["records"]
            assert {each["CreatedById"] for each in lines} == {served.user_id}
            one = f"/sobjects/SetupAuditTrail/{lines[0]['Id']}"
            refused = await served.ask("PATCH", one, {"Display": "x"})
            deleted = await served.ask("DELETE", one)
            told = [(each["Action"], each["Display"]) for each in lines]

            served.clock.advance(180 * DAY + 1)
            await served.org.housekeep()
            left = served.org._database.read_now(
                lambda connection: connection.rows('SELECT "Id" FROM "SetupAuditTrail"')
            )
            assert left == []
            return told, refused.status, deleted.status

    told, changed, deleted = asyncio.run(run())
    assert told == [
        ("createduser", "Created new user eve@example.com"),
        ("deactivateduser", "Deactivated user eve@example.com"),
        ("frozeuser", "Froze user eve@example.com"),
    ]
    assert min(changed, deleted) >= 400
