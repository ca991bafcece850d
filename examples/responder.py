"""A responder with nothing but nats-py. What it has to do, and why: docs/protocol.md."""

import asyncio
import os
import re

import nats
from nats.errors import Error
from nats.errors import TimeoutError as NothingCame

MENU = {"order-sandwich": "🥪", "order-bagel": "🥯", "order-flatbread": "🥙"}
ALLOWED = re.compile(r"(replies\.[\w-]+\.[\w=-]+|_INBOX\.[\w.-]+)", re.ASCII)  # the address is the sender's word


async def answer(nc, js, msg):
    asked = msg.headers or {}
    address, order = asked.get("Reply-To", ""), msg.subject.removeprefix("requests.")
    if not ALLOWED.fullmatch(address):
        return await msg.term()
    request = asked.get("Request-Id") or asked.get("Nats-Msg-Id", "")  # the first where it is replayed
    headers = {"Request-Id": request, "Reply-Status": "ok"}
    if "Request-Subject" in asked:
        headers["Request-Subject"] = asked["Request-Subject"]
    text = MENU.get(order, f"no such order: {order}")
    if order not in MENU:
        headers |= {"Reply-Status": "rejected", "Nats-Service-Error": text, "Nats-Service-Error-Code": "404"}
    stored = address.startswith("replies.")
    if stored:  # create-only: the first reply wins
        headers["Nats-Expected-Last-Subject-Sequence"] = "0"
    try:
        await (js if stored else nc).publish(address, text.encode(), headers=headers)
    except (Error, NothingCame) as error:
        code = getattr(error, "err_code", None)
        if code == 10097:  # its id is too long for the headers of a reply
            return await msg.term()
        if code != 10071:  # 10071: another reply was first
            return await msg.nak(delay=1)  # whatever it was, the request comes again
    await (msg.ack() if order in MENU else msg.term())  # only now: the reply is stored


async def main():
    nc = await nats.connect(os.environ.get("NATS_URL", "nats://127.0.0.1:4222"))
    js = nc.jetstream()
    requests = await js.pull_subscribe_bind("responder", "REQUESTS")
    while True:
        try:
            for msg in await requests.fetch(10, timeout=5):
                await answer(nc, js, msg)
        except NothingCame:
            pass


asyncio.run(main())
