// `jsrr request --no-wait`: the handle, and nothing else, on stdout; the reply is collected with it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Responder, setup } from "../../src/index.js";
import { jsrrHere, startJsrr } from "../support/cli.js";
import { gate, soon } from "../support/harness.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const run = (...args: string[]) => jsrrHere(args, { env: { NATS_URL: server.url } });

test("--no-wait prints the handle of the stored request, which collects its reply", async () => {
  const nc = await server.connect();
  expect((await run("request", "order-bagel", "--no-wait")).stderr).toMatch(/^No stream takes requests\.order-bagel/);
  await setup(nc, { storage: "memory" });
  const sent = await run("request", "order-bagel", "--no-wait", "--id", "one");
  expect(sent).toMatchObject({ code: 0, stdout: "requester.one.REQUESTS.1\n" });
  expect(sent.stderr).toMatch(/^REQUESTS holds it as message 1; `[^`]+ collect` with this handle finds its reply\.\n$/);
  const json = await run("request", "order-bagel", "--no-wait", "--id", "two", "--name", "alice", "--json");
  expect(JSON.parse(json.stdout)).toEqual({
    ...{ outcome: "stored", stream: "REQUESTS", sequence: 2, handle: "alice.two.REQUESTS.2" },
  });
  await using _bob = await Responder.start(nc, { name: "bob", handlers: { "order-bagel": "🥯" } });
  const collected = await run("collect", sent.stdout.trim(), "--timeout", "10s");
  expect(collected).toEqual({ code: 0, stdout: "🥯\n", stderr: "" });
});

test.each(["--timeout 1s", "--reply inbox", "--on-timeout cancel", "--many", "--core"])(
  "--no-wait refuses %s, which is about waiting",
  async (option) => {
    const { code, stdout, stderr } = await run("request", "order-bagel", "--no-wait", ...option.split(" "));
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toMatch(/^error: option '--no-wait' cannot be used with option '--/);
  },
);

test("-H sends headers with a request, and refuses what is no header", async () => {
  const nc = await server.connect();
  await using _bob = await Responder.start(nc, {
    name: "bob",
    handlers: { "order-headers": ({ headers }) => `${headers.get("X-Tenant")} ${headers.get("Link")}` },
  });
  const sent = await run("request", "order-headers", "-H", "X-Tenant: blue", "--header", "Link:http://a:1/");
  expect(sent).toMatchObject({ code: 0, stdout: "blue http://a:1/\n" });
  const left = await run("request", "order-headers", "--no-wait", "-H", "X-Tenant:red");
  expect((await run("collect", left.stdout.trim(), "--timeout", "10s")).stdout).toBe("red \n");
  expect((await run("request", "order-headers", "-H", "blue")).stderr).toContain(
    'a name and its value like "X-Tenant:blue"',
  );
  expect((await run("request", "order-headers", "-H", "Nats-TTL:1s")).stderr).toContain(
    'The header "Nats-TTL" is reserved',
  );
});

test("jsrr request prints the handle on stderr while it waits, and nothing there with --json", async () => {
  const nc = await server.connect();
  const open = gate();
  const held = async () => {
    await open.opened;
    return "at last";
  };
  await using _bob = await Responder.start(nc, { name: "bob", handlers: { "order-held": held } });
  await using asking = startJsrr(["request", "order-held", "--id", "held", "--timeout", "60s"], {
    env: { NATS_URL: server.url },
  });
  await asking.says(/^stored as requester\.held\.REQUESTS\.\d+; Ctrl-C leaves it queued\n$/);
  open.open();
  expect(await asking.ended).toMatchObject({ code: 0, stdout: "at last\n" });
  const json = await run("request", "order-held", "--id", "json", "--json");
  expect({ ...json, stdout: JSON.parse(json.stdout) }).toEqual({
    ...{ code: 0, stderr: "" },
    stdout: { status: "ok", payload: "at last", handle: expect.stringMatching(/^requester\.json\.REQUESTS\.\d+$/) },
  });
});

test("Ctrl-C leaves the request queued, and says how to come back", async () => {
  await using asking = startJsrr(["request", "order-bagel", "--timeout", "60s", "--id", "left"], {
    env: { NATS_URL: server.url },
  });
  await expect.poll(async () => (await run("status", "requester.left.REQUESTS.0")).stdout, soon).toMatch(/^queued/);
  asking.signal("SIGINT");
  const { code, stderr } = await asking.ended;
  expect([code, stderr]).toEqual([
    130,
    expect.stringMatching(
      /^stored as (requester\.left\.REQUESTS\.\d+); Ctrl-C leaves it queued\nCollect its reply later:\n.* collect \1\n$/,
    ),
  ]);
});
