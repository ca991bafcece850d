// The requesters of examples/, as real processes, with the kit's responder.
import { expect, test } from "vitest";
import { harnessOn } from "../support/harness.js";
import { startTestServer } from "../support/server.js";
import { exampleFile, goProgram, node, python, run, rustProgram, withoutLanguages } from "./example.js";

const { noPython, noGo, noRust } = withoutLanguages("requester");

type Ask = (url: string, args: readonly string[]) => ReturnType<typeof run>;
/** Each with its name in its reply addresses. */
const requesters: [file: string, name: string, ask: Ask][] = [
  ["requester-nats-v2.mjs", "v2", (url, args) => node("requester-nats-v2.mjs", url, ...args)],
];
const inPython: Ask = (url, args) => run(python, [exampleFile("requester.py"), ...args], url);
const inGo: Ask = (url, args) => run(goProgram("requester"), args, url);
if (noPython) test("requester.py", (context) => context.skip(noPython));
else requesters.push(["requester.py", "py", inPython]);
if (noGo) test("go/requester", (context) => context.skip(noGo));
else requesters.push(["go/requester", "go", inGo]);
const inRust: Ask = (url, args) => run(rustProgram("requester"), args, url);
if (noRust) test("rust/requester", (context) => context.skip(noRust));
else requesters.push(["rust/requester", "rs", inRust]);

async function harness(start: Ask) {
  const server = await startTestServer();
  const w = await harnessOn(server);
  const dispose = async () => {
    await w[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
  const ask = async (...args: string[]) => start(server.url, args).ended;
  return { w, ask, [Symbol.asyncDispose]: dispose };
}

test.each(requesters)("%s prints a reply that is stored while it waits", async (_, __, start) => {
  await using t = await harness(start);
  await t.w.responder();
  const { code, output } = await t.ask("order-bagel", "20000");
  expect(output).toMatch(/: message 1 in REQUESTS\nok 🥯\n$/);
  expect(code).toBe(0);
  expect((await t.ask("order-soup", "20000")).output).toMatch(/\nrejected no such order: order-soup\n$/);
});

test.each(requesters)(
  "%s times out without a responder, and reads the stored reply with the same id later",
  async (_, name, start) => {
    await using t = await harness(start);
    expect((await t.ask("order-bagel", "200", "r1")).output).toBe(
      `r1: message 1 in REQUESTS\nno reply yet: come back for replies.${name}.r1\n`,
    );
    await t.w.responder();
    await t.w.saw("acked");
    expect((await t.ask("order-bagel", "20000", "r1")).output).toBe("r1: message 1 in REQUESTS, sent before\nok 🥯\n");
    expect(t.w.of("executed")).toHaveLength(1);
  },
);
