// Each check: held, violated, unknown; and what must not fool it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CheckName, checks } from "../../src/history/checks/index.js";
import type { EventBody } from "../../src/history/event.js";
import type { Verdict } from "../../src/history/verdict.js";
import {
  acked,
  collected,
  delivered,
  endingStored,
  executed,
  history,
  kept,
  received,
  refused,
  replied,
  repliesRead,
  requested,
  requestsRead,
  sent,
  stored,
  terminated,
  withdrawn,
} from "./build.js";

type Case = [title: string, verdict: Verdict, events: EventBody[], requests?: string[]];

const twiceAsked = (second: EventBody) => [requested("r1"), received("r1"), requested("r1"), second];

const cases: Record<CheckName, Case[]> = {
  "no-lost-requests": [
    ["replied", "held", [stored("r1"), replied("r1"), requestsRead([])]],
    ["terminated", "held", [stored("r1"), terminated("r1"), requestsRead([])]],
    ["taken back at its time-out", "held", [stored("r1"), withdrawn("r1"), requestsRead([])]],
    [
      "cancelled, but already running",
      "violated",
      [stored("r1"), { ...withdrawn("r1"), withdrawn: "already-running" }, requestsRead([])],
      ["r1"],
    ],
    ["still queued", "held", [stored("r1"), requestsRead(["r1"])]],
    [
      "its stored reply found, its responder killed",
      "held",
      [stored("r1"), requestsRead([]), repliesRead(kept("r1"))],
    ],
    ["gone", "violated", [stored("r1"), stored("r2"), replied("r2"), requestsRead([])], ["r1"]],
    ["acked with no reply", "violated", [stored("r1"), acked("r1"), requestsRead([])], ["r1"]],
    ["gone by the last reading", "violated", [stored("r1"), requestsRead(["r1"]), requestsRead([])], ["r1"]],
    ["no PubAck: nobody promised", "held", [requested("r1"), stored("r2"), requestsRead(["r2"])]],
    ["nothing stored", "unknown", [requested("r1"), requestsRead([])]],
    ["stream not read", "unknown", [stored("r1"), replied("r1")], ["r1"]],
  ],
  "no-lost-replies": [
    ["received", "held", [sent("r1"), received("r1")]],
    ["in the reply stream", "held", [replied("r1"), repliesRead(kept("r1"))]],
    ["collected", "held", [replied("r1"), collected("r1"), repliesRead()]],
    ["inbox reply that nobody received", "violated", [sent("r1"), repliesRead()], ["r1"]],
    ["inbox reply, nothing read", "violated", [sent("r1")], ["r1"]],
    ["stored reply gone from the stream", "violated", [replied("r1"), repliesRead()], ["r1"]],
    ["stored reply, nothing read", "unknown", [replied("r1")], ["r1"]],
    ["no replies", "unknown", [stored("r1"), repliesRead()]],
  ],
  "no-phantom-replies": [
    ["as given", "held", [requested("r1"), replied("r1"), received("r1"), repliesRead(kept("r1"))]],
    [
      "core service without a history",
      "held",
      [requested("r1", "lunch", "core"), received("r1"), delivered("r2")],
    ],
    [
      "killed before it could write `replied`",
      "held",
      [requested("r1"), delivered("r1"), delivered("r1", 2), refused("r1"), repliesRead(kept("r1"))],
    ],
    [
      "its requester's own word",
      "held",
      [
        requested("r1"),
        delivered("r2"),
        endingStored("r1"),
        repliesRead({ ...kept("r1", "by alice"), ending: "cancelled" }),
      ],
    ],
    ["never requested", "violated", [requested("r1"), replied("r2"), received("r2")], ["r2"]],
    [
      "other words",
      "violated",
      [requested("r1"), delivered("r1"), replied("r1"), received("r1", "🥯")],
      ["r1"],
    ],
    [
      "other ending",
      "violated",
      [requested("r1"), delivered("r1"), replied("r1"), received("r1", "🥪", "error")],
      ["r1"],
    ],
    [
      "stored for a request nobody handled",
      "violated",
      [requested("r1"), delivered("r2"), repliesRead(kept("r1"))],
      ["r1"],
    ],
    ["no replies", "unknown", [requested("r1"), repliesRead()]],
  ],
  "no-duplicate-replies": [
    [
      "received, stored and collected twice",
      "held",
      [replied("r1"), received("r1"), collected("r1"), collected("r1"), repliesRead(kept("r1"))],
    ],
    ["two stored", "violated", [repliesRead(kept("r1"), kept("r1", "🥪", 2))], ["r1"]],
    ["two received", "violated", [received("r1"), received("r1")], ["r1"]],
    ["asked twice, the same received twice", "held", twiceAsked(received("r1"))],
    ["asked twice, another received", "violated", twiceAsked(received("r1", "🥯")), ["r1"]],
    ["asked twice, received thrice", "violated", [...twiceAsked(received("r1")), received("r1")], ["r1"]],
    ["collected another than received", "violated", [received("r1"), collected("r1", "🥯")], ["r1"]],
    ["collected two", "violated", [collected("r1"), collected("r1", "🥪", 2)], ["r1"]],
    ["stream not read", "unknown", [replied("r1"), received("r1")]],
    ["no replies", "unknown", [requested("r1"), repliesRead()]],
  ],
  "no-duplicate-executions": [
    ["once each", "held", [executed("r1"), executed("r2")]],
    ["redelivered, not executed again", "held", [delivered("r1"), delivered("r1", 2), executed("r1", 2)]],
    ["twice", "violated", [executed("r1"), executed("r1", 2), executed("r2")], ["r1"]],
    ["none", "unknown", [delivered("r1")]],
  ],
  "no-stuck-messages": [
    ["empty", "held", [requestsRead([])]],
    ["waiting", "held", [requestsRead(["r1", "r2"], { pending: 1, ackPending: 1 })]],
    [
      "max_deliver spent",
      "violated",
      [requestsRead(["r1", "r2"], { pending: 1, ackPending: 0 })],
      ["r1", "r2"],
    ],
    ["no consumer asked", "unknown", [requestsRead(["r1"])], ["r1"]],
    ["not read", "unknown", [stored("r1")]],
  ],
};

for (const [name, list] of Object.entries(cases)) {
  describe(name, () => {
    test.each(list)("%s: %s", (_title, verdict, events, requests = []) => {
      const finding = checks[name as CheckName](history(...events));
      expect(finding).toMatchObject({ verdict, requests });
      expect(finding.detail).toMatch(/^[^\n.]+$/);
    });
  });
}

const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 20 });
const idsAndOne = ids.chain((all) => fc.record({ all: fc.constant(all), one: fc.constantFrom(...all) }));
const wholeRun = (all: string[]) => [
  ...all.flatMap((id, i) => [
    requested(id),
    stored(id),
    delivered(id),
    executed(id),
    replied(id, "🥪", i + 1),
  ]),
  ...all.map((id) => received(id)),
  requestsRead([]),
  repliesRead(...all.map((id, i) => kept(id, "🥪", i + 1))),
];
const verdict = (name: CheckName, events: EventBody[]) => checks[name](history(...events)).verdict;

describe("any number of requests", () => {
  test("a run in which all went well holds every check", () => {
    fc.assert(
      fc.property(ids, (all) => {
        for (const name of Object.keys(checks))
          expect(verdict(name as CheckName, wholeRun(all))).toBe("held");
      }),
    );
  });

  test("one more execution, or one more reply, is found and named", () => {
    fc.assert(
      fc.property(idsAndOne, ({ all, one }) => {
        const more = history(...wholeRun(all), executed(one, 2), received(one));
        expect(checks["no-duplicate-executions"](more)).toMatchObject({
          verdict: "violated",
          requests: [one],
        });
        expect(checks["no-duplicate-replies"](more)).toMatchObject({ verdict: "violated", requests: [one] });
      }),
    );
  });

  test("one request that nobody ended is found and named", () => {
    fc.assert(
      fc.property(ids, (all) => {
        const lost = history(...wholeRun(all), stored("never ended"));
        expect(checks["no-lost-requests"](lost)).toMatchObject({
          verdict: "violated",
          requests: ["never ended"],
        });
      }),
    );
  });
});
