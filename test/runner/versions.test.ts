// Versions of nats-server in a run. The second version is the tested server under another name: its own version may be the
// only one on this machine.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { script } from "../server/fakes.js";
import { jsrrHere } from "../support/cli.js";
import { folderOfFile } from "../support/folder.js";
import { play } from "../support/scenario.js";
import { testedServer } from "../support/server-version.js";

const folder = folderOfFile("versions");
const { path, version } = await testedServer();

/** Says that it is 9.9.9, and runs the tested server. */
const renamed = await script(
  folder,
  "nats-server",
  `case "$1" in --version) echo "nats-server: v9.9.9";; *) exec ${path} "$@";; esac`,
);
beforeAll(() => vi.stubEnv("NATS_SERVER_BIN", `${path}:${renamed}`));
afterAll(() => vi.unstubAllEnvs());

const scenario = (server: string, ...steps: string[]) => `scenario: test
question: q
answer: a
server: ${server}
requesters: { alice: { timeout: 20s } }
responders: { bob: {} }
timeline:
${steps.map((step) => `  - ${step}\n`).join("")}check: [no-lost-requests, no-duplicate-replies]
`;

test("an upgrade starts the server with the other version, on its port and store", async () => {
  const { result, events } = await play(
    scenario(
      `{ version: ${version} }`,
      "request: { from: alice, order: order-sandwich, as: before }",
      "{ after: before.received, upgrade: { to: 9.9.9 } }",
      "request: { from: alice, order: order-sandwich, as: behind }",
      "eventually: { before: ok 🥪, behind: ok 🥪, stream.REPLIES.messages: 2 }",
    ),
  );
  expect(result).toMatchObject({ verdict: "held", server: { version } });
  const upgraded = events.filter((event) => event.type === "server-restarted");
  expect(upgraded).toMatchObject([{ node: "server", server: "nats-server 9.9.9" }]);
  expect(events.some(({ type, actor }) => type === "disconnected" && actor === "bob")).toBe(true);
});

test("the servers of a cluster have the versions that the file gives them, and upgrade one after another", async () => {
  const { result, events } = await play(
    scenario(
      `{ nodes: 3, version: { two: 9.9.9 } }`,
      "{ upgrade: { to: 9.9.9, node: three } }",
      "{ upgrade: { to: 9.9.9 } }",
      "request: { from: alice, order: order-sandwich, as: lunch }",
      "eventually: { lunch: ok 🥪, stream.REPLIES.replica.one.messages: 1, stream.REPLIES.replica.three.messages: 1 }",
    ).replace("requesters:", "setup: { replicas: 3 }\nrequesters:"),
  );
  expect(result).toMatchObject({ verdict: "held", server: { version: `${version} and 9.9.9` } });
  const upgraded = events.flatMap((event) => (event.type === "server-restarted" ? [event.node] : []));
  expect(upgraded).toEqual(["three", "one", "two", "three"]);
}, 90_000);

test("a scenario whose version is nowhere is not run, and says what was tried", async () => {
  const file = join(folder, "nowhere.yaml");
  writeFileSync(file, scenario("{}", "{ upgrade: { to: 1.2.3 } }").replace("scenario: test", "scenario: nowhere"));
  const { code, stderr } = await jsrrHere(["scenario", file], {
    env: { PATH: "/nowhere", NATS_SERVER_RELEASES: "http://127.0.0.1:1" },
  });
  expect(stderr).toMatch(/^nowhere was not run: No nats-server 1\.2\.3 is here, and none could be fetched/m);
  expect(code).toBe(2);
});
