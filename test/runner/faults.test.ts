// Faults in a whole run: refused where they cannot be, inconclusive where they did nothing, healed by time and at the end.
import { describe, expect, test } from "vitest";
import { runScenario } from "../internal/runner.js";
import { parseScenario } from "../internal/scenario.js";
import { folderOfFile } from "../support/folder.js";

const historyRoot = folderOfFile("histories");

function scenario(timeline: string, more = "") {
  const text = `scenario: test\nquestion: q\nanswer: a\n${more}requesters: { alice: { timeout: 8s } }\nresponders: { bob: {} }\ntimeline:\n${timeline}`;
  const { scenario, diagnostics } = parseScenario(text, "test.yaml");
  if (!scenario) throw new Error(JSON.stringify(diagnostics));
  return scenario;
}

const lunch = "  - request: { from: alice, order: order-sandwich, as: lunch }\n  - expect: { lunch: ok }\n";

describe.concurrent("a run with faults", () => {
  test.each([
    ["noop", "noop"],
    ["latency", "{ latency: { between: [bob, server], delay: 1ms } }"], // on an idle link
  ])("is inconclusive if the fault %s had no effect", async (fault, inject) => {
    const idle = scenario(`${lunch}  - inject: ${inject}\n  - expect: { lunch: ok }\n`);
    const { result } = await runScenario(idle, { historyRoot });
    expect(result).toMatchObject({
      verdict: "inconclusive",
      reason: `The fault ${fault} had no observable effect: the run proves nothing about it.`,
    });
  });

  test("heals a fault after its duration, and continues", async () => {
    const frozen = scenario(`  - inject: { pause-server: {}, for: 400ms }\n${lunch}`);
    const { result, events } = await runScenario(frozen, { historyRoot });
    expect(result.verdict).toBe("held");
    const faults = events.flatMap((event) => (event.type.startsWith("fault-") ? [event.type] : []));
    expect(faults).toEqual(["fault-injected", "fault-healed", "fault-bit"]);
  });

  test("plays the next step in a cluster when its leaders have been the same for more than a heartbeat", async () => {
    const slow = scenario(
      `  - inject: { latency: { between: [one, two], delay: 1ms } }\n  - heal: latency\n${lunch}`,
      "server: { nodes: 3 }\nsetup: { replicas: 3 }\n",
    );
    const { result, events } = await runScenario(slow, { historyRoot });
    expect(result.expectations.map(({ verdict }) => verdict)).toEqual(["held"]);
    const healed = events.findIndex(({ type }) => type === "fault-healed");
    const next = events.findIndex(({ type }, n) => n > healed && type === "step");
    // A leader that was frozen believes for a second that it leads.
    const betweenMs = ((events[next]?.t as number) - (events[healed]?.t as number)) / 1000;
    expect(betweenMs).toBeGreaterThan(1_000);
  });

  test("heals active faults at its end, and then reads the streams", async () => {
    const left = scenario(`${lunch}  - inject: pause-server\n`);
    const { events } = await runScenario(left, { historyRoot });
    const order = events.map(({ type }) => type);
    expect(order.indexOf("fault-healed")).toBeGreaterThan(order.indexOf("fault-injected"));
    expect(order.indexOf("requests-read")).toBeGreaterThan(order.indexOf("fault-healed"));
  });

  test.each([
    ["inject: pause-server", "", "test injects pause-server, and only one of the kit's own may be"],
    ["stop: bob", "server: { nodes: 3 }\n", "test says what its server is like, and only one of the kit's own"],
  ])("is refused on a given server: %s %s", async (step, more, sentence) => {
    const connection = { servers: "nats://127.0.0.1:1" };
    const run = runScenario(scenario(`  - ${step}\n`, more), { connection, historyRoot });
    await expect(run).rejects.toMatchObject({ code: "invalid-input", message: expect.stringContaining(sentence) });
  });
});
