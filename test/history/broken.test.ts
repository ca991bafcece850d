// Each check catches what is made to break its promise, on a real server, and holds for the kit's own actors in the same
// play. What acks first and dies is in test/runner/programs.test.ts: that takes a process to kill.
import { setTimeout as passed } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { type ResponderOptions, RetryLaterError } from "../../src/index.js";
import { type BrokenName, experiment, type Stage } from "../fixtures/experiment.js";
import { type CheckName, judge } from "../internal/history.js";
import { menuHandlers, orderHandlers } from "../internal/runner.js";
import { type HarnessSetup, startHarnesses } from "../support/harness.js";
import { serverLacks } from "../support/server-version.js";

const harnesses = await startHarnesses();
afterAll(() => harnesses[Symbol.asyncDispose]());

interface Play {
  check: CheckName;
  broken: BrokenName;
  setup?: HarnessSetup;
  skip?: boolean;
  /** The kit's responder in the broken one's place. */
  proper?: Partial<ResponderOptions>;
  /** Done when what the check is about has happened, or can no longer happen. */
  play(stage: Stage): Promise<void>;
}

/** A lunch; whatever comes of it is in the events. */
const lunch =
  (timeoutMs = 5000): Play["play"] =>
  async (stage) => {
    const alice = await stage.alice();
    void alice.request("order-sandwich", "", { id: "lunch", timeoutMs }).catch(() => {});
    await over(stage, "lunch");
  };

/** The last thing that a responder does with a request. */
const over = ({ harness }: Stage, id: string) => {
  const its = (event: { request: string }) => event.request === id;
  return Promise.race([
    harness.saw("acked", its),
    harness.saw("terminated", its),
    harness.saw("returned", (event) => its(event) && event.reason === "no bread left"),
    harness.saw("timed-out", (event) => its(event) && event.withdrawn === "removed"),
  ]);
};

const retrying: Partial<ResponderOptions> = {
  handlers: {
    "order-sandwich": ({ deliveryCount }) => {
      if (deliveryCount === 1) throw new RetryLaterError("the oven is cold", { delayMs: 10 });
      return "🥪";
    },
  },
};

const slow: Partial<ResponderOptions> = {
  concurrency: 1,
  handlers: { "order-sandwich": () => passed(400, "🥪"), "order-bagel": "🥯" },
};

const plays: Play[] = [
  { check: "no-lost-replies", broken: "drops-reply", play: lunch(300) },
  { check: "no-phantom-replies", broken: "invents-reply", play: lunch() },
  { check: "no-duplicate-replies", broken: "replies-twice", play: lunch() },
  { check: "no-duplicate-replies", broken: "not-create-only", proper: retrying, play: lunch() },
  { check: "no-duplicate-executions", broken: "not-create-only", proper: retrying, play: lunch() },
  {
    check: "no-stuck-messages",
    broken: "leaves-stuck",
    setup: { serverMaxDeliver: 1 },
    proper: retrying,
    play: lunch(300),
  },
  {
    check: "no-late-execution",
    broken: "ignores-deadline",
    skip: serverLacks("per-message TTLs, so that no request has a deadline", "2.11.0"),
    proper: slow,
    async play(stage) {
      const alice = await stage.alice();
      void alice.request("order-sandwich", "", { id: "first" }).catch(() => {});
      await stage.harness.saw("delivered", (event) => event.request === "first");
      void alice.request("order-bagel", "", { id: "second", timeoutMs: 100, onTimeout: "expire" }).catch(() => {});
      await Promise.all([over(stage, "first"), over(stage, "second")]);
    },
  },
  {
    check: "parts-complete",
    broken: "skips-part",
    proper: { handlers: menuHandlers({ "order-sandwich": { parts: ["🍞", "🧀"], reply: "🥪" } }) },
    async play(stage) {
      const alice = await stage.alice();
      const read = async () => {
        for await (const _ of alice.requestMany("order-sandwich", "", { id: "lunch" }));
      };
      await Promise.all([read().catch(() => {}), over(stage, "lunch")]);
    },
  },
  {
    check: "order-kept",
    broken: "out-of-order",
    proper: { concurrency: 1, handlers: orderHandlers },
    async play(stage) {
      const alice = await stage.alice();
      await Promise.all(["a", "b", "c"].map((id) => alice.request("order-sandwich", "", { id })));
      await Promise.all(["a", "b", "c"].map((id) => over(stage, id)));
    },
  },
];

const verdictOn = async ({ check, setup, play }: Play, open: (stage: Stage) => Promise<void>) => {
  await using harness = await harnesses.next({ ackWaitMs: 60_000, ...setup });
  const history = await experiment(harness, async (stage) => {
    await open(stage);
    await play(stage);
  });
  return judge(history, [check])[0];
};

describe.concurrent.each(plays)("$check", (play) => {
  test.skipIf(play.skip)(`finds the violation of the broken responder ${play.broken}`, async () => {
    const result = await verdictOn(play, (stage) => stage.broken(play.broken));
    expect(result).toMatchObject({ verdict: "violated", expected: "held" });
    const [request] = result?.requests ?? [];
    expect(result?.trails?.[0]).toMatchObject({ request, events: expect.arrayContaining([expect.anything()]) });
  });

  test.skipIf(play.skip)("holds for the kit's own responder", async () => {
    const result = await verdictOn(play, (stage) => stage.bob(play.proper));
    expect(result?.detail).toBeDefined();
    expect(result).toMatchObject({ verdict: "held" });
  });
});

describe.concurrent("no-duplicate-executions", () => {
  const play: Omit<Play, "broken"> = { check: "no-duplicate-executions", play: async () => {} };
  const twice = async (stage: Stage, ask: () => Promise<unknown>) => {
    await stage.bob();
    await ask();
  };

  test("finds the violation of the broken requester forgets-id", async () => {
    const result = await verdictOn({ ...play, broken: "forgets-id" }, (stage) =>
      twice(stage, async () => {
        await stage.broken("forgets-id", "alice");
        await stage.harness.saw("executed", () => stage.harness.of("executed").length === 2);
      }),
    );
    expect(result).toMatchObject({ verdict: "violated", requests: ["lunch"] });
  });

  test("holds for the kit's own requester, which sends the same id", async () => {
    const result = await verdictOn({ ...play, broken: "forgets-id" }, (stage) =>
      twice(stage, async () => {
        const alice = await stage.alice();
        await alice.request("order-sandwich", "", { id: "lunch" });
        await alice.request("order-sandwich", "", { id: "lunch" });
      }),
    );
    expect(result).toMatchObject({ verdict: "held" });
  });
});
