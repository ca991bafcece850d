// Whatever a correct model tells, no check finds a violation; and one thing done wrong is found by the check it concerns.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CheckName, checks, judge } from "../internal/history.js";
import {
  acked,
  at,
  delivered,
  executed,
  history,
  kept,
  partReceived,
  removed,
  reported,
  requested,
  terminated,
} from "../support/history.js";
import { answered, type Story, stories, tell } from "./model.js";

const names = Object.keys(checks) as CheckName[];
/** As a scenario chooses them: one has no meaning without its parameter, and the model's ack wait is as short as an event. */
const parameters: Partial<Record<CheckName, object>> = {
  "reply-matches": { replies: { "order-sandwich": "🥪" } },
  "no-endless-work": { atMost: 1000 },
};
const chosen = names.map((name) => ({ name, ...parameters[name] }));
const seeded = { seed: 20_260, numRuns: 60 };
const askedFirst = fc.boolean();

test("a correct history violates no check", () => {
  fc.assert(
    fc.property(stories, askedFirst, (all, askedFirst) => {
      const events = history(...tell(all, { askedFirst }));
      const found = judge(events, chosen).filter(({ verdict }) => verdict === "violated");
      expect(found).toEqual([]);
    }),
    { ...seeded, numRuns: 200 },
  );
});

test("each check holds for some histories of the model", () => {
  const held = new Set<string>();
  for (const all of fc.sample(stories, { seed: 1, numRuns: 60 })) {
    for (const { name, verdict } of judge(history(...tell(all)), chosen)) if (verdict === "held") held.add(name);
  }
  expect([...held].sort()).toEqual([...names].sort());
});

/** One request that was answered and not received, and what is made of it. */
const victim = answered("victim", 1000);

const mutations: Record<string, [CheckName, Story[]]> = {
  "its stored reply is dropped": ["no-lost-replies", [{ ask: victim.ask, acts: victim.acts }]],
  "it vanishes from the queue": ["no-lost-requests", [{ ask: victim.ask, acts: [] }]],
  "it is acked before it is replied to": [
    "no-lost-requests",
    [{ ask: victim.ask, acts: victim.acts.filter(({ type }) => type !== "replied") }],
  ],
  "it is executed once more": [
    "no-duplicate-executions",
    [{ ...victim, acts: [...victim.acts, executed("victim", 2)] }],
  ],
  "a second reply to it is stored": [
    "no-duplicate-replies",
    [victim, { ...victim, ask: [requested("victim")], acts: [], reply: kept("victim", "🥪", 1001) }],
  ],
  "its reply has other words": ["no-phantom-replies", [{ ...victim, reply: kept("victim", "🥯", 1000) }]],
  "it was never asked for": ["no-phantom-replies", [{ ...victim, ask: [delivered("victim")] }]],
  "it was removed before": ["no-late-execution", [{ ...victim, ask: [...victim.ask, removed("victim")] }]],
  "it begins after its deadline": [
    "no-late-execution",
    [
      {
        ...victim,
        ask: [{ ...requested("victim"), expires: true }, ...victim.ask.slice(1)],
        acts: [
          { ...at(60_000, executed("victim")), ranMs: 10 },
          ...victim.acts.filter(({ type }) => type !== "executed"),
        ],
      },
    ],
  ],
  "a part of it is given twice": [
    "parts-complete",
    [{ ...victim, acts: [...victim.acts, ...[1, 1].map((part) => partReceived("victim", part))] }],
  ],
  "its ack is sent before its reply": [
    "reply-before-ack",
    [{ ...victim, acts: [delivered("victim"), acked("victim"), ...victim.acts.slice(1, -1)] }],
  ],
  "its reply is in another mailbox": [
    "right-address",
    [{ ...victim, reply: { ...kept("victim", "🥪", 1000), subject: "replies.mallory.victim" } }],
  ],
  "it is delivered again and again": ["no-storm", [{ ...victim, acts: [...victim.acts, delivered("victim", 50)] }]],
  "it is terminated without a reply": [
    "no-silent-end",
    [{ ask: victim.ask, acts: [delivered("victim"), terminated("victim")] }],
  ],
  "its responder says more than its link shows": [
    "sources-agree",
    [{ ...victim, acts: [...victim.acts, reported("victim", "returned")] }],
  ],
  "it is overtaken": ["order-kept", [{ ...answered("later", 1001) }, { ...victim, ask: victim.ask }]],
};

describe("a single error in a history", () => {
  test.each(Object.entries(mutations))("%s", (_title, [name, wrong]) => {
    fc.assert(
      fc.property(stories, askedFirst, fc.nat({ max: 8 }), (others, askedFirst, place) => {
        const all = [...others.slice(0, place), ...wrong, ...others.slice(place)];
        const [result] = judge(history(...tell(all, { askedFirst })), [name]);
        expect(result?.verdict).toBe("violated");
        expect(result?.requests).toContain("victim");
      }),
      seeded,
    );
  });

  test("in which a message is left without a consumer is found", () => {
    fc.assert(
      fc.property(stories, (others) => {
        const events = tell([...others, { ask: victim.ask, acts: [], left: true }]).map((event) =>
          event.type === "requests-read" ? { ...event, pending: event.requests.length - 1 } : event,
        );
        const [result] = judge(history(...events), ["no-stuck-messages"]);
        expect(result).toMatchObject({ verdict: "violated" });
        expect(result?.requests).toContain("victim");
      }),
      seeded,
    );
  });
});
