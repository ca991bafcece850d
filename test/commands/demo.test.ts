// The three terminals of the README: a server, a responder that comes late, a requester that gave up. Each command is a
// real process once; where only its words count, it runs in this one.
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliProcess, jsrr, jsrrHere, startJsrr } from "../support/cli.js";
import { privateTemp } from "../support/leftovers.js";

const temp = privateTemp();
let server: CliProcess;
let env: Record<string, string>;

beforeAll(async () => {
  server = startJsrr(["server", "--port", "0", "--json"], { env: { TMPDIR: temp.path } });
  const [json] = await server.says(/^\{[\s\S]*\}\n/);
  env = { NATS_URL: JSON.parse(json).url };
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  temp[Symbol.dispose]();
});

const run = (...args: string[]) => jsrrHere(args, { env });
const spawned = (...args: string[]) => jsrr(args, { env });
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await spawned(...args, "--json");
  return { code, stderr, ...JSON.parse(stdout) };
};

describe.sequential("the commands of three terminals:", () => {
  let handle = "";

  it("jsrr request before the set-up suggests jsrr setup", async () => {
    const [request, respond, status] = await Promise.all([
      run("request", "order-sandwich"),
      run("respond"),
      run("status", "a.b.REQUESTS.1"),
    ]);
    for (const { code, stdout, stderr } of [request, respond, status]) {
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
      expect(stderr).toMatch(/^[^\n]+run `jsrr setup`[^\n]+\n$/);
    }
  });

  it("jsrr setup creates the streams", async () => {
    const { code, stdout } = await spawned("setup");
    expect(code).toBe(0);
    expect(stdout).toBe(
      "created stream REQUESTS\ncreated stream REPLIES\ncreated stream DEAD_LETTERS\ncreated consumer responder on REQUESTS\n",
    );
  });

  it("jsrr request without a responder leaves the request queued and prints a handle", async () => {
    const { code, stdout, stderr } = await spawned("request", "order-sandwich", "--timeout", "300ms");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /^stored as (\S+); Ctrl-C leaves it queued\nNo reply within \d+ ms\.\n1 message remains in REQUESTS\.\nThis request is queued: [^\n]+\nCollect its reply later:\n[^\n]* collect \1\n$/,
    );
    handle = /jsrr collect (\S+)\n$/.exec(stderr)?.[1] ?? "";
    expect(handle).toMatch(/^requester\.\w+\.REQUESTS\.1$/);
  });

  it("jsrr status finds a queued request, and jsrr collect does not collect it", async () => {
    const [status, collect] = await Promise.all([json("status", handle), json("collect", handle)]);
    expect(status).toMatchObject({ code: 0, whereabouts: "queued", remaining: 1, stderr: "" });
    expect(collect).toMatchObject({ code: 1, status: null, whereabouts: "queued", stderr: "" });
  });

  it("jsrr respond answers a queued request, rejects unknown orders, and drains at SIGTERM", async () => {
    await using responder = startJsrr(["respond"], { env });
    await responder.says(/ok 🥪, stored as message 1 of REPLIES/);
    const [status, collect, again, drink, bagel] = await Promise.all([
      run("status", handle, "--json"),
      spawned("collect", handle),
      run("collect", handle, "--timeout", "5s", "--json"),
      run("request", "order-drink"),
      jsrr(["request", "order-bagel", "-", "--json"], { env, input: "with ćevapi" }),
    ]);
    const payload = "🥪";
    expect(JSON.parse(status.stdout)).toMatchObject({ whereabouts: "replied", status: "ok", payload });
    expect(collect).toEqual({ code: 0, stdout: "🥪\n", stderr: "" });
    expect(JSON.parse(again.stdout)).toEqual({ status: "ok", payload });
    expect([status.code, again.code]).toEqual([0, 0]);
    expect(drink).toEqual({
      ...{ code: 1, stdout: "" },
      stderr: expect.stringMatching(
        /^stored as requester\.\w+\.REQUESTS\.\d+; Ctrl-C leaves it queued\nrejected: no such order: order-drink\n$/,
      ),
    });
    expect(JSON.parse(bagel.stdout)).toEqual({
      ...{ status: "ok", payload: "🥯", handle: expect.stringMatching(/^requester\.\w+\.REQUESTS\.\d+$/) },
    });
    responder.signal("SIGTERM");
    const { code, stdout } = await responder.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/drained\n$/);
  });

  it("jsrr respond --json prints events as lines of JSON, and drains at SIGINT", async () => {
    await using responder = startJsrr(["respond", "--json", "--menu", "order-tea=🍵", "--name", "late"], { env });
    await responder.says(/late takes requests/);
    expect((await run("request", "order-tea")).stdout).toBe("🍵\n");
    await responder.says(/"type":"acked"/);
    responder.signal("SIGINT");
    const { code, stdout } = await responder.ended;
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).type);
    expect(events).toEqual(["delivered", "executed", "replied", "acked", "drained"]);
  });

  it("jsrr request --reply inbox reports that no reply is kept", async () => {
    const { code, stderr } = await run("request", "order-bagel", "--reply", "inbox", "--timeout", "200ms");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /1 message remains[\s\S]*an inbox that has no subscription any more; --reply mailbox would keep it/,
    );
  });

  it("jsrr request refuses an invalid request before it is sent", async () => {
    const told = await Promise.all([
      jsrrHere(["request", "order-x", "-"], { env, input: "x".repeat(1_100_000) }),
      ...["order sandwich", "a..b", "*", ""].map((order) => run("request", order)),
      run("request", "order-x", "--id", "a\nb"),
    ]);
    for (const { code, stdout } of told) expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(told[0]?.stderr).toMatch(/^request to requests\.order-x: the message is larger than the server takes; send/);
    expect(told[1]?.stderr).toMatch(/^Expected the order to be subject tokens .*got "order sandwich"/);
    expect(told.at(-1)?.stderr).toMatch(/^Expected the request id to be .*got "a\\nb"/);
    expect(JSON.parse((await run("status", handle, "--json")).stdout).remaining).toBe(1);
  });

  it("jsrr server refuses a port that is in use", async () => {
    const { port } = new URL(env.NATS_URL as string);
    const { code, stdout, stderr } = await run("server", "--port", port);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toMatch(/^port \d+ on 127\.0\.0\.1 is taken by another process; choose another with --port/);
  });

  it("jsrr server ends at Ctrl-C without a failure, and removes its folder", async () => {
    expect(temp.processes().length).toBeGreaterThan(0);
    server.signal("SIGINT");
    const { code, stdout, stderr } = await server.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(Object.keys(JSON.parse(stdout))).toEqual(["url", "version", "origin"]);
    expect({ entries: temp.entries(), processes: temp.processes() }).toEqual({ entries: [], processes: [] });
    expect(existsSync(temp.path)).toBe(true);
  });
});
