// Several replies on the command line: as they come, later by handle, and of core responders.
import { afterAll, beforeAll, expect, test } from "vitest";
import { setup } from "../../src/index.js";
import { type CliProcess, jsrr, startJsrr } from "../support/cli.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let responder: CliProcess;
let env: Record<string, string>;
beforeAll(async () => {
  server = await startTestServer();
  env = { NATS_URL: server.url };
  const nc = await server.connect();
  await setup(nc, { storage: "memory" });
  for (const name of ["bob", "carol"]) nc.subscribe("greet.joe", { callback: (_, msg) => void msg.respond(name) });
  await nc.flush();
  responder = startJsrr(["respond", "--parts", "order-meal=🥗,🍝,🍨"], { env });
  await responder.says(/takes requests/);
});
afterAll(async () => {
  await responder?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

const run = (...args: string[]) => jsrr(args, { env });

test("jsrr setup reports differing queue limits, and changes them with --update", async () => {
  const flags = ["--discard", "old", "--request-age", "1h", "--max-ack-pending", "5"];
  const { code, stderr } = await run("setup", "--storage", "memory", ...flags);
  expect(code).toBe(3);
  for (const field of ["max_age", "discard", "max_ack_pending"]) expect(stderr).toContain(`${field}: `);
});

test.concurrent("jsrr request --many and jsrr collect print the parts and the last reply", async () => {
  const live = await run("request", "order-meal", "--many", "--id", "meal");
  expect(live).toEqual({
    ...{ code: 0, stdout: "🥗\n🍝\n🍨\n" },
    stderr: "stored as requester.meal.REQUESTS.1; Ctrl-C leaves it queued\n",
  });
  const later = await run("collect", "requester.meal.REQUESTS.1", "--json");
  const lines = ['{"part":1,"payload":"🥗"}', '{"part":2,"payload":"🍝"}', '{"status":"ok","payload":"🍨","parts":2}'];
  expect(later).toEqual({ code: 0, stdout: `${lines.join("\n")}\n`, stderr: "" });
});

test.concurrent("jsrr request --core --many prints the replies of several responders", async () => {
  const { code, stdout } = await run("request", "greet.joe", "--core", "--many", "--maximum", "2");
  expect({ code, names: stdout.trim().split("\n").sort() }).toEqual({ code: 0, names: ["bob", "carol"] });
});

test.concurrent("jsrr request prints one sentence for no responders and for limits without --many", async () => {
  const [nobody, limits] = await Promise.all([
    run("request", "greet.nobody", "--core", "--many"),
    run("request", "order-meal", "--stall", "1s"),
  ]);
  expect(nobody).toMatchObject({ code: 3, stdout: "" });
  expect(nobody.stderr).toMatch(/^request to greet\.nobody: no responders; [^\n]+\n$/);
  expect(limits).toMatchObject({ code: 4, stdout: "" });
  expect(limits.stderr).toMatch(/^Expected --many with --stall and --maximum[^\n]+\n$/);
});
