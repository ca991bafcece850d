// The end of a process: a handler that never ends holds up no process whose connection is closed.
import { afterAll, expect, test } from "vitest";
import { runModule } from "../support/children.js";
import { startHarnesses } from "../support/harness.js";

const harnesses = await startHarnesses();
afterAll(() => harnesses[Symbol.asyncDispose]());

test.each(["close", "drain"])("nc.%s() ends a process whose handler never ends", async (how) => {
  await using w = await harnesses.next();
  const entry = new URL("../../dist/index.js", import.meta.url).href;
  const script = `
    import { openConnection, Requester, Responder } from ${JSON.stringify(entry)};
    const nc = await openConnection({ servers: ${JSON.stringify(harnesses.server.url)}, user: "${w.user}", password: "w" });
    const begun = new Promise((begin) => {
      void Responder.start(nc, { handlers: { stuck: () => new Promise(begin) } });
    });
    const alice = await Requester.open(nc, { name: "alice", timeoutMs: 600_000 });
    const call = alice.request("stuck").catch((error) => console.log(error.code));
    await begun;
    await nc.${how}();
    await call;
  `;
  expect(await runModule(script)).toEqual({ code: 0, stdout: "closed\n", stderr: "" });
});
