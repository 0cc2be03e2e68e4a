"""Sales: sellers win opportunities in an org that is killed, and note what they were told.

A seller whose answer is lost looks what has happened and goes on from there, or leaves it at that: then the
opportunity may be won or not, and only the org knows.
"""

import json
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPException
from typing import Any, Final

from tests.simulation.ledger import Ledger
from tests.simulation.org_client import DATA, OrgClient, Refused

PAUSE_SECONDS: Final = 0.02
_OPPORTUNITIES: Final = f"{DATA}/sobjects/Opportunity"


class Sales:
    """The sellers. `ledger` holds the names of the opportunities that they win."""

    def __init__(self, url: str, credentials: dict[str, str], seed: int) -> None:
        self.ledger = Ledger()
        self.refusals: list[str] = []
        self._url = url
        self._credentials = credentials
        self._seed = seed
        self._threads: list[threading.Thread] = []
        self._given_up = threading.Event()

    def begin(self, sellers: int, each: int) -> None:
        """Let so many sellers win so many opportunities each."""
        for seller in range(sellers):
            names = [f"{seller}.{n}" for n in range(each)]
            self._threads.append(threading.Thread(target=self._sell, args=(names, seller)))
            self._threads[-1].start()

    def win_one_more(self, name: str) -> None:
        """As a seller who insists."""
        self._threads.append(threading.Thread(target=self._sell, args=([name], 99), kwargs={"leaves": 0.0}))
        self._threads[-1].start()

    @property
    def done(self) -> bool:
        """Whether all sellers have come to their end."""
        return not any(each.is_alive() for each in self._threads)

    def give_up(self) -> None:
        """End them, wherever they are."""
        self._given_up.set()
        for each in self._threads:
            each.join()

    def _sell(self, names: list[str], seller: int, leaves: float = 0.4) -> None:
        chance = random.Random(f"seller {self._seed} {seller}")
        pace = chance.choice((0.0, 0.01, 0.06))
        client = OrgClient(self._url)
        try:
            self._insist(client, lambda: client.log_in(self._credentials))
            for name in names:
                self.ledger.attempt(name)
                try:
                    _win(client, name, at_once=chance.random() < 0.3)
                except (OSError, HTTPException):
                    client.close()
                    if chance.random() < leaves:
                        continue
                    self._insist(client, partial(_look_and_win, client, name))
                self.ledger.acknowledge(name)
                self._given_up.wait(chance.uniform(0, pace))
        except Refused as refused:
            self.refusals.append(str(refused))
        except _GivenUp:
            return
        finally:
            client.close()

    def _insist(self, client: OrgClient, ask: Callable[[], Any]) -> None:
        """Ask until there is an answer. Raises Refused, _GivenUp."""
        while True:
            if self._given_up.is_set():
                raise _GivenUp
            try:
                ask()
            except (OSError, HTTPException):
                client.close()
                time.sleep(PAUSE_SECONDS)
            else:
                return


class _GivenUp(Exception):
    """There will be no answer any more."""


def _win(client: OrgClient, name: str, *, at_once: bool) -> None:
    stage = "Closed Won" if at_once else "Negotiation/Review"
    new = {"Name": name, "StageName": stage, "CloseDate": "2026-12-31", "Amount": 100}
    made = client.ask("POST", _OPPORTUNITIES, json.dumps(new))
    if not at_once:
        _close(client, made["id"])


def _look_and_win(client: OrgClient, name: str) -> None:
    """Win it from wherever it is. Who does not know whether it is won says so again: it is won once."""
    found = client.query(f"SELECT Id FROM Opportunity WHERE Name = '{name}'")
    if found:
        _close(client, found[0]["Id"])
    else:
        _win(client, name, at_once=False)


def _close(client: OrgClient, opportunity: str) -> None:
    client.ask("PATCH", f"{_OPPORTUNITIES}/{opportunity}", json.dumps({"StageName": "Closed Won"}))
