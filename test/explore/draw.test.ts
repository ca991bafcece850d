// Drawn experiments: equal for equal seeds, valid as files, and smaller step by step.
import { describe, expect, test } from "vitest";
import {
  Coverage,
  chosenFaults,
  defaultBase,
  drawExperiment,
  isEnding,
  mutateExperiment,
  onNodes,
  type ScenarioData,
  type Settings,
  scenarioOf,
  shrink,
  textOf,
  triesFor,
} from "../internal/explore.js";
import type { HistoryEvent } from "../internal/history.js";
import { parseScenario } from "../internal/scenario.js";

const options = (nodes: 1 | 3 = 1) => ({ base: onNodes(defaultBase(), nodes), faults: chosenFaults(undefined, nodes) });

describe("an experiment", () => {
  test("is equal for one seed, and others differ", () => {
    const [first, again, other] = [7, 7, 8].map((seed) => textOf(drawExperiment(seed, options())));
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test.each([1, 3] as const)("is a valid scenario file on %i nodes, as are its mutations", (nodes) => {
    for (let seed = 1; seed <= 100; seed++) {
      const data = drawExperiment(seed, options(nodes));
      for (const one of [data, mutateExperiment(data, seed, options(nodes))])
        expect(parseScenario(textOf(one), "drawn.yaml").diagnostics).toEqual([]);
    }
  });

  test("waits for each event with a latest time, so that no fault can hang it", () => {
    const steps = Array.from({ length: 50 }, (_, seed) => drawExperiment(seed, options()).timeline).flat();
    const waiting = steps.filter(({ after }) => after !== undefined);
    expect(waiting.length).toBeGreaterThan(50);
    expect(waiting.filter(({ at_latest }) => at_latest === undefined)).toEqual([]);
  });

  test("draws each fault of one node in 300 seeds", () => {
    const drawn = new Set(
      Array.from({ length: 300 }, (_, seed) => drawExperiment(seed, options()).timeline)
        .flat()
        .flatMap(({ inject }) => Object.keys((inject as object | undefined) ?? {})),
    );
    expect(chosenFaults(undefined, 1).filter((name) => !drawn.has(name))).toEqual([]);
  });
});

describe("shrinking", () => {
  const crashes = ({ timeline }: ScenarioData) =>
    timeline.some(({ inject }) => inject && "crash-actor" in (inject as object));

  test("leaves the steps that a violation needs, with neither anchors nor settings", async () => {
    const seed = Array.from({ length: 200 }, (_, i) => i).find((i) => {
      const data = drawExperiment(i, options());
      return crashes(data) && data.timeline.length > 6;
    });
    const drawn = drawExperiment(seed as number, options());
    const small = await shrink(
      drawn,
      async (one) => crashes(one),
      () => true,
    );
    expect(scenarioOf(small)).toBeDefined();
    expect(small.timeline.filter((step) => !isEnding(step))).toEqual([
      { inject: { "crash-actor": { actor: expect.any(String) } } },
    ]);
    expect(small.setup).toEqual({});
  });

  test("keeps what shows the violation, when its runs are used up", async () => {
    const drawn = drawExperiment(3, options());
    expect(
      await shrink(
        drawn,
        async () => true,
        () => false,
      ),
    ).toBe(drawn);
  });

  test("takes as many runs as the probability of the violation asks for", () => {
    expect([5, 4, 3, 2, 1].map((times) => triesFor({ times, of: 5 }))).toEqual([1, 2, 4, 6, 12]);
  });
});

test("--faults takes patterns, and leaves out what damages a store", () => {
  expect(chosenFaults("kill-*,partition", 3)).toEqual(["kill-server", "kill-leader", "partition"]);
  expect(chosenFaults("flip-bit", 1)).toEqual(["flip-bit"]);
  expect(chosenFaults("none", 1)).toEqual([]);
  expect(chosenFaults("*", 1)).not.toContain("wipe-store");
  expect(() => chosenFaults("partition", 1)).toThrow("partition needs a cluster: add --nodes 3.");
  expect(() => chosenFaults("kil-server", 1)).toThrow('did you mean "kill-server"?');
});

test("coverage counts an event with each open fault, once for each run", () => {
  const event = (type: string, more = {}) =>
    ({ type, t: 0, n: 0, actor: "lab", request: "r", ...more }) as HistoryEvent;
  const run = [
    event("stored"),
    event("fault-injected", { fault: "cut", id: 1 }),
    event("delivered"),
    event("delivered"),
    event("fault-healed", { fault: "cut", id: 1 }),
    event("delivered"),
  ];
  const coverage = new Coverage();
  expect(coverage.add(run)).toEqual(["stored none", "delivered cut", "delivered none"]);
  expect(coverage.add(run)).toEqual([]);
  expect(coverage.seen.get("delivered cut")).toBe(2);
});

test("the last step of an experiment waits for each request of its loads, and for an empty queue", () => {
  for (let seed = 0; seed < 50; seed++) {
    const { timeline } = drawExperiment(seed, options());
    const loads = timeline.map((step) => (step.request ?? step.send ?? {}) as Settings).filter(({ count }) => count);
    const sent = Object.fromEntries(loads.map(({ as, count }) => [`events.${as}.requested`, count]));
    expect(timeline.filter(isEnding)).toEqual([timeline.at(-1)]);
    expect(timeline.at(-1)).toMatchObject({ eventually: { ...sent, "stream.REQUESTS.messages": 0 }, within: "30s" });
  }
});

test("no fault ends an actor whose load lasts, and none is of an actor that is down", () => {
  for (let seed = 0; seed < 200; seed++) {
    const { timeline } = drawExperiment(seed, options());
    const down = new Set<unknown>();
    for (const { inject, start } of timeline as { inject?: Record<string, Settings>; start?: string }[]) {
      const [name, { actor = undefined, between = [] } = {}] = Object.entries(inject ?? {})[0] ?? [];
      for (const one of [actor, ...(between as string[])]) expect(down).not.toContain(one);
      if (name !== "crash-actor" && name !== "stop-actor") down.delete(start);
      else {
        down.add(actor);
        const lasting = timeline.some(({ request, send }) => {
          const { from, count } = (request ?? send ?? {}) as Settings;
          return from === actor && count !== undefined;
        });
        expect(lasting).toBe(false);
      }
    }
    expect([...down]).toEqual([]);
  }
});
