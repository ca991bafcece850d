// What a scenario can break on purpose: the server under everybody, and a responder at a point of its work.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runScenario } from "../internal/runner.js";
import { loadScenario } from "../internal/scenario.js";
import { jsrrHere } from "../support/cli.js";
import { folderOfFile } from "../support/folder.js";
import { startTestServer } from "../support/server.js";

const folder = folderOfFile("breaks");

function write(name: string, text: string): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, `scenario: ${name}\nquestion: Does it?\nanswer: It does.\n${text}`);
  return file;
}

const run = async (file: string) => runScenario(await loadScenario(file), { historyRoot: join(folder, "histories") });

const restart = write(
  "restart",
  `requesters:
  alice: { timeout: 30s }
responders:
  bob: {}
timeline:
  - request: { from: alice, order: order-bagel, as: before }
  # An ack that the server has not heard yet dies with it, and so does a request of a requester that is not back.
  - eventually: { before: ok 🥯, stream.REQUESTS.messages: 0 }
  - restart: server
  - expect: { stream.REPLIES.messages: 1 }
    after: alice.reconnected
  - request: { from: alice, order: order-sandwich, as: lunch, id: my-lunch }
    after: bob.reconnected
  - eventually: { lunch: ok 🥪, stream.REPLIES.messages: 2, stream.REQUESTS.messages: 0 }
check: [no-lost-requests, no-lost-replies, no-duplicate-executions]
`,
);

describe.concurrent("breaks", () => {
  test("kills the server, which comes back with its store, and the run continues", async () => {
    const { result, events } = await run(restart);
    expect([result.verdict, result.reason]).toEqual(["held", undefined]);
    const told = events.map((e) => `${e.actor} ${e.type}`);
    for (const line of ["lab server-restarted", "alice reconnected", "bob reconnected"]) expect(told).toContain(line);
    expect(result.requests.map(({ request }) => request)).toContain("my-lunch");
  });

  test("of a given server is refused with exit 4", async () => {
    await using server = await startTestServer();
    const { code, stderr } = await jsrrHere(["scenario", restart, "--server", server.url]);
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(/^restart restarts the server, and only one of the kit's own/),
    ]);
    const nc = await server.connect();
    expect((await nc.request("$JS.API.STREAM.NAMES")).json()).toMatchObject({ total: 0 });
  });

  test.each([
    ["after-effect", "violated", ["delivered", "executed"]],
    // What comes again is looked up in the mailbox before it is run again.
    ["after-reply", "held", ["delivered", "executed", "replied"]],
  ])("at the crash point %s of a responder happens once", async (point, once, firstActs) => {
    const { result, events } = await run(
      write(
        `crash-${point}`,
        `setup: { ack_wait: 1s }
requesters:
  alice: { timeout: 30s }
responders:
  bob: { crash: ${point} }
timeline:
  - request: { from: alice, order: order-sandwich, as: lunch }
  - start: bob
    after: bob.actor-crashed
  - within: 10s
    eventually: { lunch: ok 🥪, stream.REQUESTS.messages: 0, stream.REPLIES.messages: 1 }
check: [no-lost-requests, no-lost-replies, no-duplicate-executions, no-duplicate-replies]
expected: { no-duplicate-executions: ${once} }
`,
      ),
    );
    expect(result.reason).toBeUndefined();
    const crash = events.findIndex((e) => e.type === "actor-crashed");
    const before = events.slice(0, crash).filter((e) => e.actor === "bob");
    expect(before.map((e) => e.type)).toEqual(firstActs);
    expect(result.counts.executed).toBe(once === "held" ? 1 : 2);
  });

  test("ends with exit 3 if it starts an actor that is running", async () => {
    const file = write(
      "twice",
      `responders:
  bob: { crash: after-effect }
timeline:
  - start: bob
`,
    );
    const { code, stderr } = await jsrrHere(["scenario", file, "--quiet"]);
    expect([code, stderr]).toEqual([3, "bob runs already at this point of the scenario.\n"]);
  });
});

test.each([
  ["while its streams are read at the end", "actor-stopped", false], // asked by nobody after that
  ["and something fails before its end is noticed", "run-started", true],
])("a server that dies %s is reported, and its consequences are not", async (_, at, fails) => {
  const file = write(
    "late-death",
    `requesters: { alice: {} }
timeline: [{ request: { from: alice, order: order-bagel, as: lunch } }, { eventually: { stream.REQUESTS.messages: 1 } }]
`,
  );
  const before = serversHere();
  const onEvent = ({ type }: { type: string }) => {
    if (type !== at) return;
    for (const pid of serversHere()) if (!before.includes(pid)) process.kill(pid, "SIGKILL");
    if (fails) throw new Error("it cannot be reached");
  };
  const scenario = await loadScenario(file);
  const ended = runScenario(scenario, { historyRoot: join(folder, "histories"), onEvent });
  await expect(ended).rejects.toThrow("nats-server ended by itself (SIGKILL).");
});

/** Ids of the servers that this process has started. */
function serversHere(): number[] {
  const all = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
  const lines = all.split("\n").map((line) => line.trim().split(/\s+/));
  const ours = lines.filter(
    ([, parent, command]) => Number(parent) === process.pid && /nats-server$/.test(command ?? ""),
  );
  return ours.map(([pid]) => Number(pid));
}
