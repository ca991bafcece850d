// One account, users who each lack one permission: every command says which, and ends with 3. Whoever does not need it
// is not kept from working.
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { setup } from "../../src/index.js";
import { type CliResult, jsrrHere, startJsrr } from "../support/cli.js";
import { startTestServer } from "../support/server.js";

const user = (name: string, kind: "publish" | "subscribe", ...denied: string[]) =>
  `{ user: ${name}, password: p, permissions: { ${kind}: { deny: ${JSON.stringify(denied)} } } }`;

const server = await startTestServer({
  config: `
    accounts {
      WITHOUT { users: [ { user: without, password: p } ] }
      WITH { jetstream: enabled, users: [
        { user: all, password: p }
        ${user("noapi", "publish", "$JS.API.>")}
        ${user("norequests", "publish", "requests.>")}
        ${user("noreplied", "subscribe", "replied.>")}
        ${user("noreplies", "publish", "replies.>")}
        ${user("nopull", "publish", "$JS.API.CONSUMER.MSG.NEXT.>")}
        ${user("noinbox", "subscribe", "_INBOX.>")}
      ] }
    }`,
});
afterAll(() => server[Symbol.asyncDispose]());

const urlOf = (name: string) => server.url.replace("//", `//${name}:p@`);
const as = (name: string, ...args: string[]) => jsrrHere(args, { env: { NATS_URL: urlOf(name) } });
const nc = await server.connect({ user: "all", pass: "p" });
const jsm = await jetstreamManager(nc);

const commands: Record<string, string[]> = {
  setup: ["setup"],
  respond: ["respond"],
  request: ["request", "order-sandwich", "--timeout", "300ms"],
  status: ["status", "a.b.REQUESTS.1"],
  collect: ["collect", "a.b.REQUESTS.1"],
  "collect --timeout": ["collect", "a.b.REQUESTS.1", "--timeout", "300ms"],
  scenario: ["scenario", "offline-responder", "--quiet"],
};

function refused({ code, stderr }: CliResult): string {
  expect(code).toBe(3);
  expect(stderr).not.toMatch(/^\s+at /m);
  return stderr.trimEnd().split("\n").at(-1) ?? "";
}

const mayNot = (what: string) => new RegExp(`^The account may not ${what}.*; grant it that permission, or use other`);

describe("a user without permission", () => {
  beforeAll(() => setup(nc));

  it.each([
    ["noapi", "publish to \\$JS\\.API\\.", ["setup", "respond", "status", "collect"]],
    ["norequests", "publish to requests\\.order-sandwich", ["request"]],
    ["noreplied", "subscribe to replied\\.", ["request", "collect --timeout"]],
    ["nopull", "publish to \\$JS\\.API\\.CONSUMER\\.MSG\\.NEXT", ["respond"]],
    ["noinbox", "subscribe to _INBOX\\.", ["setup", "request"]],
  ])("is reported if %s may not %s: %j", async (name, what, concerned) => {
    const told = await Promise.all(concerned.map((command) => as(name, ...(commands[command] as string[]))));
    for (const result of told) expect(refused(result)).toMatch(mayNot(what));
  });

  it("keeps a stored request if its place cannot be queried", async () => {
    const { code, stderr } = await as("noapi", ...(commands.request as string[]));
    expect(code).toBe(1);
    expect(stderr).toMatch(/This request is unknown: The account may not publish to .* credentials\.\nCollect/);
    await jsm.streams.purge("REQUESTS");
  });

  it("as a responder that may not reply warns, keeps every request, and ends at Ctrl-C", async () => {
    const sent = [1, 2, 3].map((n) => as("all", "request", "order-bagel", "--timeout", "100ms", "--id", `r${n}`));
    await Promise.all(sent);
    await using responder = startJsrr(["respond"], { env: { NATS_URL: urlOf("noreplies") } });
    await responder.says(/keeps a reply that it cannot store: The account may not publish to replies\.requester\./);
    await responder.says(/(.* kept, and stored again later: The account may not publish [\s\S]*){3}/);
    responder.signal("SIGINT");
    const result = await responder.ended;
    expect(result.stdout.match(/ {2}nak: /g)).toHaveLength(3);
    expect(result.stderr).not.toContain("    at ");
    const { state } = await jsm.streams.info("REQUESTS");
    expect(state.messages).toBe(3);
  });
});

describe("a server without JetStream", () => {
  it.each(["setup", "respond", "collect", "scenario"])("is reported by jsrr %s", async (name) => {
    expect(refused(await as("without", ...(commands[name] as string[])))).toMatch(
      /nothing answers JetStream requests on this server; start it with -js, or enable JetStream for the account/,
    );
  });

  it("makes a request fail for want of a stream", async () => {
    expect(refused(await as("without", "request", "order-sandwich"))).toMatch(
      /^No stream takes requests\.order-sandwich/,
    );
  });
});
