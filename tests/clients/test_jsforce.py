"""jsforce, as its guide uses it: login by password, records, query, describe."""

import json
import os
import shutil
import subprocess
from typing import Final

import pytest
from tests.conformance.local_org import LocalOrg

_SCRIPT: Final = """
const jsforce = require("jsforce");
(async () => {
  const [url, username, password] = process.argv.slice(1);
  const connection = new jsforce.Connection({ loginUrl: url, version: "64.0" });
  const { organizationId } = await connection.login(username, password);
  const contacts = connection.sobject("Contact");
  const { id } = await contacts.create({ LastName: "Babbage" });
  await contacts.update({ Id: id, FirstName: "Charles" });
  const { FirstName: firstName } = await contacts.retrieve(id);
  const { totalSize: found } = await connection.query(`SELECT Id FROM Contact WHERE Id = '${id}'`);
  const fields = (await contacts.describe()).fields.map((each) => each.name);
  await contacts.destroy(id);
  const { username: identified } = await connection.identity();
  const tooling = connection.tooling.query("SELECT Id FROM ApexClass");
  const refusal = await tooling.catch((error) => error.errorCode);
  const told = { organizationId, firstName, found, fields, identified, refusal };
  await connection.logout();
  console.log(JSON.stringify(told));
})().catch((error) => { console.error(error); process.exit(1); });
"""


def _absent() -> str | None:
    if shutil.which("node") is None:
        return "node is not installed"
    asked = subprocess.run(["node", "-e", "require.resolve('jsforce')"], capture_output=True, check=False)
    return "jsforce is not where node looks (NODE_PATH)" if asked.returncode else None


pytestmark = pytest.mark.skipif((absent := _absent()) is not None, reason=absent or "")


def test_login_records_query_and_describe(org: LocalOrg) -> None:
    done = subprocess.run(
        ["node", "-e", _SCRIPT, org.http, org.username, org.password],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["organizationId"].startswith("00D")
    assert (told["firstName"], told["found"]) == ("Charles", 1)
    assert "LastName" in told["fields"]
    assert told["identified"] == org.username
    assert told["refusal"] == "NOT_FOUND"
