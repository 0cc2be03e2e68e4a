"""HTTP sink: what it sends, and what it makes of every way in which the other side can fail."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp.test_utils import unused_port
from tests.unit.hub.connectors.misbehaving import (
    Answering,
    Misbehaving,
    answer,
    babble,
    break_off,
    hang,
    misbehaving,
    reset,
)

from isthmus.hub.connectors.http import RETRY_STATUSES, HttpSink
from isthmus.hub.endpoint import Sink, SinkFailed
from isthmus.hub.message import Message
from isthmus.kernel.clock import SECOND, ManualClock

pytestmark = pytest.mark.anyio
MESSAGE = Message("0af7-1", {"name": "Acme", "amount": 12.5})


@asynccontextmanager
async def sinking(*script: Answering, **options: Any) -> AsyncIterator[tuple[HttpSink, Misbehaving]]:
    async with misbehaving(*script) as server:
        sink = HttpSink(f"{server.url}/orders", **options)
        try:
            yield sink, server
        finally:
            await sink.close()


async def failure(*script: Answering, **options: Any) -> SinkFailed:
    async with sinking(*script, **options) as (sink, _):
        with pytest.raises(SinkFailed) as failed:
            await sink.send(MESSAGE)
    return failed.value


async def test_a_message_is_one_request_with_its_key_and_gives_the_reply() -> None:
    async with sinking(answer(201, {"order": "E-1"}), headers={"X-Caller": "hub"}) as (sink, server):
        assert await sink.send(MESSAGE) == {"order": "E-1"}
        [asked] = server.asked
    assert (asked.method, asked.path, asked.json) == ("POST", "/orders", MESSAGE.body)
    assert asked.headers["Idempotency-Key"] == "0af7-1"
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.headers["X-Caller"] == "hub"
    assert isinstance(sink, Sink)


async def test_replies_may_be_empty_or_text() -> None:
    async with sinking(answer(204), answer(200, "thanks")) as (sink, _):
        assert await sink.send(MESSAGE) is None
        assert await sink.send(MESSAGE) == "thanks"


async def test_a_key_of_any_text_travels_in_a_header() -> None:
    async with sinking() as (sink, server):
        for key in ("Müller\r\nX-Admin: 1", "100%", "a b"):
            await sink.send(Message(key, {}))
        keys = [each.headers["Idempotency-Key"] for each in server.asked]
        assert keys == ["M%C3%BCller%0D%0AX-Admin:%201", "100%25", "a%20b"]
        assert all("X-Admin" not in each.headers for each in server.asked)


async def test_without_a_key_header_the_sink_says_at_least_once() -> None:
    async with sinking(key_header=None, method="put") as (sink, server):
        await sink.send(MESSAGE)
        assert "Idempotency-Key" not in server.asked[0].headers
        assert not sink.exactly_once
        assert "at least once" in sink.describe()
        assert server.asked[0].method == "PUT"


@pytest.mark.parametrize("status", sorted(RETRY_STATUSES))
async def test_what_may_pass_is_sent_again(status: int) -> None:
    failed = await failure(answer(status, "busy"))
    assert failed.retry
    assert f"{status}" in failed.reason
    assert failed.reason.endswith("busy")


@pytest.mark.parametrize("status", [301, 304, 400, 401, 403, 404, 405, 410, 412, 422, 501, 505])
async def test_what_will_not_pass_is_not(status: int) -> None:
    assert not (
        await failure(answer(status, {"error": "no"}, {"Location": "http://elsewhere.example"}))
    ).retry


async def test_which_statuses_pass_can_be_said() -> None:
    assert (await failure(answer(409), retry_statuses={409})).retry
    assert not (await failure(answer(503), retry_statuses={409})).retry


async def test_what_a_conflict_means_depends_on_the_key() -> None:
    """Source: IETF draft-ietf-httpapi-idempotency-key-header, section 2.7."""
    assert (await failure(answer(409))).retry
    assert not (await failure(answer(409), key_header=None)).retry
    async with sinking(answer(409, {"order": "E-1"}), already_done={409}, check=lambda _: 1 / 0) as (sink, _):
        assert await sink.send(MESSAGE) == {"order": "E-1"}
    failed = await failure(answer(503), already_done={409})
    assert failed.retry


@pytest.mark.parametrize("body", [{"a": 1j}, {1j: 2}, "\udc80"])
async def test_a_body_that_json_cannot_say_is_given_up_at_once(body: Any) -> None:
    async with sinking() as (sink, server):
        with pytest.raises(SinkFailed, match="none that JSON can say") as failed:
            await sink.send(Message("k", body))
        assert not failed.value.retry
        assert server.asked == []


async def test_retry_after_is_heeded_in_seconds_and_as_a_date() -> None:
    clock = ManualClock()
    due = datetime.fromtimestamp(clock.real_now() / SECOND + 90, UTC)
    for value, after in (
        ("7", 7 * SECOND),
        (format_datetime(due, usegmt=True), 90 * SECOND),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0),
        ("soon", None),
        ("", None),
    ):
        failed = await failure(answer(503, headers={"Retry-After": value}), clock=clock)
        assert (failed.retry, failed.after) == (True, after), value


async def test_a_server_that_hangs_is_given_up() -> None:
    failed = await failure(hang, seconds=0.2)
    assert failed.retry
    assert "no answer within 0.2 s" in failed.reason


@pytest.mark.parametrize("behave", [reset, break_off])
async def test_a_lost_answer_is_worth_another_try(behave: Answering) -> None:
    assert (await failure(behave)).retry


async def test_nobody_listens() -> None:
    sink = HttpSink(f"http://127.0.0.1:{unused_port()}/orders")
    with pytest.raises(SinkFailed, match="can't be reached") as failed:
        await sink.send(MESSAGE)
    assert failed.value.retry
    await sink.close()


async def test_200_with_an_error_body_is_what_the_check_says() -> None:
    def check(reply: Any) -> None:
        if reply.get("status") == "error":
            raise SinkFailed(reply["why"], retry=reply["again"])

    for again in (True, False):
        failed = await failure(
            answer(200, {"status": "error", "why": "no stock", "again": again}), check=check
        )
        assert (failed.reason, failed.retry) == ("no stock", again)
    async with sinking(answer(200, {"status": "ok"}), check=check) as (sink, _):
        assert await sink.send(MESSAGE) == {"status": "ok"}


async def test_an_answer_has_a_limit() -> None:
    failed = await failure(answer(200, b'"' + b"x" * 3_000_000 + b'"'), answer_bytes_max=1_000_000)
    assert "more than 1,000,000 bytes" in failed.reason


@pytest.mark.parametrize("body", [b'{"id":', b"[" * 100_000])
async def test_json_that_is_none_is_no_reply(body: bytes) -> None:
    assert "broken JSON" in (await failure(answer(200, body))).reason


async def test_what_the_other_side_says_is_quoted_within_limits() -> None:
    assert len((await failure(answer(400, "long\nstory " * 5_000))).reason) < 500


async def test_secrets_in_the_address_are_not_told() -> None:
    sink = HttpSink(
        "https://user:secret@erp.example/orders?token=secret", headers={"Authorization": "secret"}
    )
    assert "secret" not in sink.describe() + sink.name
    assert "https://erp.example/orders" in sink.describe()


@pytest.mark.parametrize("url", ["erp.example/orders", "ftp://erp.example", "", "http://"])
async def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="url is"):
        HttpSink(url)


async def test_the_body_is_json_whatever_it_is() -> None:
    async with sinking() as (sink, server):
        for body in (None, [1, "ü"], "text"):
            await sink.send(Message("k", body))
        assert [json.loads(each.body) for each in server.asked] == [None, [1, "ü"], "text"]


async def test_what_is_no_http_is_told_without_the_address() -> None:
    """An address may hold a key, and the reason goes to the log and the ledger."""
    async with misbehaving(babble) as server:
        sink = HttpSink(f"{server.url}/orders?api_key=s3cr3t")
        try:
            with pytest.raises(SinkFailed, match="broke off: 400") as failed:
                await sink.send(MESSAGE)
        finally:
            await sink.close()
    assert "s3cr3t" not in failed.value.reason
