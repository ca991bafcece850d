// Contexts of the nats CLI, --wait and the further options of a connection on the command line.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { setup } from "../../src/index.js";
import { jsrrHere, startJsrr } from "../support/cli.js";
import { folderOfFile } from "../support/folder.js";
import { startTestServer } from "../support/server.js";

const server = await startTestServer({ config: "authorization { token: t0ken }" });
afterAll(() => server[Symbol.asyncDispose]());
const home = folderOfFile("context");
mkdirSync(join(home, "nats", "context"), { recursive: true });
const context = (name: string, text: string) => writeFileSync(join(home, "nats", "context", `${name}.json`), text);
const env = { XDG_CONFIG_HOME: home };

it("a context of the nats CLI gives server and token, by its name and as the selected one", async () => {
  await setup(await server.connect({ token: "t0ken" }), { storage: "memory" });
  context("staging", JSON.stringify({ url: server.url, token: "t0ken", creds: "", description: "" }));
  const named = await jsrrHere(["dead-letters", "list", "--context", "staging"], { env });
  expect(named).toMatchObject({ code: 0 });
  expect(await jsrrHere(["dead-letters", "list"], { env: { ...env, NATS_CONTEXT: "staging" } })).toMatchObject({
    code: 0,
  });
  // An advised command names the context, too.
  for (const flag of [["--context", "staging"], ["--context=staging"]]) {
    const unset = await jsrrHere(["request", "order-tea", "--queue", "print", ...flag], { env });
    expect(unset.stderr).toContain("jsrr setup --context staging --queue print`");
  }
  writeFileSync(join(home, "nats", "context.txt"), "staging");
  expect(await jsrrHere(["dead-letters", "list"], { env })).toMatchObject({ code: 0 });
  // Another server gets no credentials of the selected context.
  const other = await jsrrHere(["dead-letters", "list", "--server", server.url], { env });
  expect(other.stderr).toMatch(/refused the credentials/);
  const token = await jsrrHere(["dead-letters", "list", "--server", server.url, "--token", "t0ken"], { env });
  expect(token).toMatchObject({ code: 0 });
  rmSync(join(home, "nats", "context.txt"));
});

it.each([
  ["stagin", 'There is no context "stagin"', 'did you mean "staging"?'],
  ["../staging", "Expected --context to be the name of a context", ""],
  ["broken", 'Context "broken" is no JSON object', ""],
  ["leaf", 'Context "leaf" is about another JetStream: give --js-domain hub, too', ""],
  ["nsc", 'Context "nsc" has nsc, which jsrr does not support', ""],
])("the context %s is refused, and nothing is contacted", async (name, message, hint) => {
  context("staging", JSON.stringify({ url: server.url }));
  context("broken", "{");
  context("leaf", JSON.stringify({ url: server.url, jetstream_domain: "hub" }));
  context("nsc", JSON.stringify({ nsc: "nsc://operator/account/user" }));
  const { code, stderr } = await jsrrHere(["status", "alice.x.REQUESTS.1", "--context", name], { env });
  expect(code).toBe(4);
  expect(stderr).toContain(message);
  expect(stderr).toContain(hint);
});

it("--wait waits for the server and for the streams", async () => {
  await using first = await startTestServer();
  const { url } = first;
  await first.kill();
  expect((await jsrrHere(["respond", "--server", url, "--wait", "300ms"])).stderr).toMatch(/connection refused/);
  await using responder = startJsrr(["respond", "--server", url, "--wait", "60s"]);
  await using later = await startTestServer({ args: ["-p", new URL(url).port] });
  await setup(await later.connect(), { storage: "memory" });
  await responder.says(/takes requests from/);
  const asked = await jsrrHere(["request", "order-bagel", "--server", url, "--wait", "5s"]);
  expect(asked).toMatchObject({ code: 0, stdout: "🥯\n" });
  responder.signal("SIGTERM");
  await responder.ended;
});
