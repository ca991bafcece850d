"""A requester with nothing but nats-py: `python requester.py order-bagel`. See docs/protocol.md."""

import asyncio
import os
import sys
import uuid

import nats
from nats.errors import Error
from nats.errors import TimeoutError as NothingCame
from nats.js.errors import APIError, NoStreamResponseError


async def main(order="order-sandwich", timeout="5000", request=None):
    request = request or str(uuid.uuid4())
    mailbox = f"replies.py.{request}"
    reply = asyncio.get_running_loop().create_future()

    async def arrived(msg):
        if msg and not reply.done():
            reply.set_result(msg)

    async def stored():
        try:
            return await js.get_last_msg("REPLIES", mailbox, direct=True)
        except (Error, NothingCame):
            return None

    async def reconnected():  # what was republished in the break did not arrive
        await arrived(await stored())

    async def publish():
        headers = {"Nats-Msg-Id": request, "Nats-Expected-Stream": "REQUESTS", "Reply-To": mailbox}
        while not reply.done():
            try:
                ack = await js.publish(f"requests.{order}", b"sesame", headers=headers)
            except (APIError, NoStreamResponseError):
                raise  # nothing is stored
            except (Error, NothingCame):  # without a PubAck it may be stored, and answered: else it is sent again
                await arrived(await stored())
                continue
            print(f"{request}: message {ack.seq} in REQUESTS{', sent before' if ack.duplicate else ''}", flush=True)
            return await arrived(await stored()) if ack.duplicate else None  # it was republished only once

    async def answer():
        await nc.subscribe(f"replied.py.{request}", cb=arrived)  # first: the reply may be there before the PubAck
        await nc.flush()
        await publish()
        return await reply

    url = os.environ.get("NATS_URL", "nats://127.0.0.1:4222")
    nc = await nats.connect(url, max_reconnect_attempts=-1, reconnected_cb=reconnected)
    js = nc.jetstream(timeout=1)
    try:
        answered = await asyncio.wait_for(answer(), int(timeout) / 1000)
    except asyncio.TimeoutError:
        answered = await stored()
    if answered:
        print(answered.headers["Reply-Status"], answered.data.decode())
    else:
        print(f"no reply yet: come back for {mailbox}")
    await nc.close()


asyncio.run(main(*sys.argv[1:]))
