"""Do we start a PostgreSQL server of our own where none runs?"""

import psycopg
import pytest
from tests.contract.postgresql_server import NoServer, own_server


def test_our_own_server_answers_and_goes() -> None:
    try:
        with own_server() as conninfo, psycopg.connect(conninfo) as connection:
            assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    except NoServer as why:
        pytest.skip(str(why))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(conninfo)
