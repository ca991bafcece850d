// What a connection that lives long brings: permissions that change, and requesters, senders and responders that come and go on it.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import v8 from "node:v8";
import vm from "node:vm";
import type { NatsConnection } from "@nats-io/nats-core";
import { expect, test } from "vitest";
import { NotPermittedError, Requester, Responder, setup } from "../../src/index.js";
import { watchConnection } from "../internal/connection.js";
import { orderHandlers } from "../internal/runner.js";
import { CONFIG_FILE } from "../internal/server.js";
import { replyStatus, soon } from "../support/harness.js";
import { startTestServer } from "../support/server.js";
import { reloadLosesJetStream } from "../support/server-version.js";

const denying = (subject: string) => `accounts { KITCHEN { jetstream: enabled, users: [
  { user: admin, password: w }, { user: alice, password: w, permissions: { publish: { deny: ["${subject}"] } } } ] } }`;

test.skipIf(reloadLosesJetStream())(
  "a requester that loses its permission has its next request refused, and still gets the reply to a stored one",
  async () => {
    await using server = await startTestServer({ config: denying("nothing") });
    const admin = await server.connect({ user: "admin", pass: "w" });
    await setup(admin);
    const nc = await server.connect({ user: "alice", pass: "w" });
    const stored: string[] = [];
    const observe = ({ type }: { type: string }) => void stored.push(type);
    await using alice = await Requester.open(nc, { name: "alice", timeoutMs: 20_000, observe });
    const first = alice.request("order-bagel", "", { id: "first" });
    await expect.poll(() => stored, soon).toContain("stored");
    const refused = new Promise<void>((resolve) => watchConnection(nc, { refused: () => resolve() }));
    writeFileSync(join(dirname(server.logFile), CONFIG_FILE), denying("requests.*"));
    process.kill(server.pid, "SIGHUP");
    await expect
      .poll(async () => {
        nc.publish("requests.x");
        await nc.flush();
        return Promise.race([refused.then(() => "refused"), nc.flush()]);
      }, soon)
      .toBe("refused");
    await expect(alice.request("order-bagel", "", { id: "second" })).rejects.toThrow(NotPermittedError);
    await admin.request("replies.alice.first", "🥯", replyStatus());
    expect(await first).toMatchObject({ status: "ok", text: "🥯" });
  },
);

test.each([
  ["requester", (nc) => Requester.open(nc, { name: "alice" })],
  ["sender", (nc) => Requester.open(nc, { sendOnly: true, name: "alice" })],
  ["responder", (nc) => Responder.start(nc, { name: "bob", handlers: orderHandlers })],
] satisfies [string, (nc: NatsConnection) => Promise<AsyncDisposable>][])(
  "a closed %s is not referenced by its connection",
  async (_, open) => {
    await using server = await startTestServer();
    const nc = await server.connect();
    await setup(nc);
    const closed: WeakRef<AsyncDisposable>[] = [];
    for (let n = 0; n < 20; n++) {
      const one = await open(nc);
      await one[Symbol.asyncDispose]();
      closed.push(new WeakRef(one));
    }
    v8.setFlagsFromString("--expose_gc");
    const collectGarbage = vm.runInNewContext("gc") as () => void;
    const kept = () => {
      collectGarbage();
      return closed.filter((one) => one.deref()).length;
    };
    await expect.poll(kept, soon).toBeLessThan(5); // the latest may still be on the stack
  },
);
