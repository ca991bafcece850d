// `jsrr replies`: what waits in a mailbox.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Requester, Responder, setup } from "../../src/index.js";
import { jsrrHere } from "../support/cli.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const run = (...args: string[]) => jsrrHere(args, { env: { NATS_URL: server.url } });

test("jsrr replies lists the mailbox of one requester in one queue, with handles that collect", async () => {
  const nc = await server.connect();
  const queue = "payments";
  expect(await run("replies", "--queue", queue)).toMatchObject({ code: 3, stdout: "" });
  await setup(nc, { queue, storage: "memory" });
  expect(await run("replies", "--queue", queue, "--name", "alice")).toEqual({
    ...{ code: 0, stdout: "no replies in the mailbox of alice\n", stderr: "" },
  });

  const handlers = { charge: () => "done", refund: () => Promise.reject(new Error("too late")) };
  await using _clerk = await Responder.start(nc, { queue, handlers });
  await using alice = await Requester.open(nc, { name: "alice", queue });
  await using zoe = await Requester.open(nc, { name: "zoe", queue });
  await alice.request("charge", "1", { id: "order 42" });
  await alice.request("refund", "2", { id: "order:43" });
  await zoe.request("charge", "3");

  const listed = await run("replies", "--queue", queue, "--name", "alice");
  const time = "\\d{4}-\\d\\d-\\d\\dT\\S+Z";
  expect(listed.stdout).toMatch(
    new RegExp(
      `^${time}  ok  4 bytes  alice\\.order 42\\.PAYMENTS_REQUESTS\\.0\\n${time}  error  8 bytes  alice\\.order:43\\.PAYMENTS_REQUESTS\\.0\\n$`,
    ),
  );
  const [first] = JSON.parse(
    (await run("replies", "--queue", queue, "--name", "alice", "--limit", "1", "--json")).stdout,
  );
  expect(first).toMatchObject({ status: "ok", bytes: 4, handle: "alice.order 42.PAYMENTS_REQUESTS.0" });
  expect((await run("collect", first.handle)).stdout).toBe("done\n");
});
