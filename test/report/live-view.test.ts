// The live picture as text: lanes, queues, the step at hand; at every width no line is wider than the terminal.
import { expect, test } from "vitest";
import type { HistoryEvent } from "../internal/history.js";
import { columns, type LiveOptions, LiveState, liveView } from "../internal/report.js";
import {
  acked,
  byHand,
  collected,
  delivered,
  executed,
  history,
  replied,
  requested,
  stored,
  terminated,
  timedOut,
} from "../support/history.js";

const started = (name: string, role: "requester" | "responder") =>
  ({ type: "actor-started", name, role, pid: 1 }) as const;
const scenario = { name: "offline-responder", question: "Who gets the reply?", steps: [13, 16, 20], servers: 1 };

function stateOf(events: readonly HistoryEvent[]): LiveState {
  const state = new LiveState(scenario);
  for (const event of events) state.apply(event);
  return state;
}

const events = history(
  started("alice", "requester"),
  { type: "step", step: "request", line: 13 },
  requested("r1", "lunch"),
  stored("r1"),
  timedOut("r1"),
  { type: "step", step: "start", line: 16 },
  started("bob", "responder"),
  delivered("r1"),
  executed("r1"),
  replied("r1"),
  acked("r1"),
  collected("r1"),
  { type: "actor-crashed", name: "alice", signal: "SIGKILL" },
).map((event) => ({ ...event, t: 1_000_000 + (event.t - 1_000_000) * 100 })); // 100 ms apart

const view = (n: number, options: LiveOptions = {}) => liveView(stateOf(events.slice(0, n)), options).split("\n");

test("the live view before any event says that servers are started", () => {
  expect(view(0)[0]).toMatch(/^offline-responder {2}starting 1 server +0\.00 s$/);
  const cluster = new LiveState({ ...scenario, servers: 3 });
  expect(liveView(cluster, { ms: 2_500 })).toMatch(/^offline-responder {2}starting 3 servers +2\.50 s\n/);
});

test("the live view breaks a long question at 80 columns, and shows all of it", () => {
  const question =
    "Two of three servers stand still. Can anything still be requested, and is what was stored still there?";
  const lines = liveView(new LiveState({ ...scenario, question }), { columns: 80 }).split("\n");
  expect(lines.slice(1, 3).join(" ")).toBe(question);
});

test("the live view marks a fault in the lanes of its servers, from injected to healed", () => {
  const fault = { fault: "quorum-lost", id: 1 };
  const told = history(
    { type: "run-started", scenario: "x", server: "nats-server 2.14.0", nodes: ["one", "two", "three"] },
    { type: "fault-injected", ...fault, what: "freezes two and three: one is alone" },
    { type: "fault-healed", ...fault },
    started("alice", "requester"),
  ).map((event, i) => ({ ...event, t: i * 500_000 }));
  const state = new LiveState({ ...scenario, servers: 3 });
  for (const event of told) state.apply(event);
  const lines = liveView(state).split("\n");
  const lane = (name: string) => lines.find((line) => line.startsWith(`${name} `));
  expect(lane("one")).toMatch(/^one +─+$/);
  expect(lane("two")).toMatch(/^two +─+▒+─+$/);
  expect(lane("three")).toMatch(/^three +─+▒+─+$/);
  expect(lines.some((line) => line.trim() === "▒ has a fault")).toBe(true);
});

test("the live view shows a waiting request in REQUESTS, and alice timed out", () => {
  const lines = view(5);
  expect(lines[0]).toMatch(/^offline-responder {2}step 1 of 3: request \(line 13\) +0\.40 s$/);
  expect(lines[3]).toMatch(/^REQUESTS █·+ +1 {2}REPLIES {2}·+ +0$/);
  expect(lines[5]).toMatch(/^alice {4}─+\?─+x$/);
  expect(lines[7]?.trim()).toBe("? requests  x times out");
});

test("the live view shows the reply in REPLIES, a lane for bob, and alice killed at the end", () => {
  const lines = view(events.length);
  expect(lines[0]).toContain("step 2 of 3: start (line 16)");
  expect(lines[3]).toMatch(/^REQUESTS ·+ +0 {2}REPLIES {2}█·+ +1$/);
  expect(lines[5]).toMatch(/^alice .*c─*!$/);
  expect(lines[6]).toMatch(/^bob {6} +─+>─+\^─*$/);
  expect(lines.at(-1)).toMatch(/alice {4}is killed \(SIGKILL\)$/);
});

test("the live view shows a replayed request waiting again, without its dead-lettered reply", () => {
  const putAside = [
    stored("r1"),
    { ...replied("r1", "3 attempts"), status: "dead-lettered" as const },
    terminated("r1"),
  ];
  const replayed = { type: "replayed", request: "r1", deadLetter: 1, stream: "REQUESTS", sequence: 2 } as const;
  const told = history(...putAside, replayed, { ...delivered("r1"), sequence: 2 }, replied("r1", "🥪", 2), acked("r1"));
  const queues = (n: number) =>
    liveView(stateOf(told.slice(0, n)))
      .split("\n")[3]
      ?.replace(/[█· ]+/g, " ");
  expect([3, 4, 7].map(queues)).toEqual(["REQUESTS 0 REPLIES 1", "REQUESTS 1 REPLIES 0", "REQUESTS 0 REPLIES 1"]);
});

test("the live view shows a message published by hand in its stream", () => {
  const forged = { type: "published", subject: "replies.alice.r1", stream: "REPLIES", sequence: 1 } as const;
  const [, , , queues] = liveView(stateOf(history(byHand("r1"), forged))).split("\n");
  expect(queues?.replace(/[█· ]+/g, " ")).toBe("REQUESTS 1 REPLIES 1");
});

test("the live view shows an inner step in its outer one", () => {
  const inside = history({ type: "step", step: "together", line: 16 }, { type: "step", step: "crash", line: 18 });
  expect(liveView(stateOf(inside))).toContain("step 2 of 3: crash (line 18)");
});

test("the live view updates its time without an event", () => {
  expect(view(5, { ms: 3_000 })[0]).toMatch(/3\.00 s$/);
  expect(view(5, { ms: 3_000 })[6]).toMatch(/4 s$/);
});

test.each([40, 60, 80, 120, 200])(
  "the live view at %i columns has no line that is too wide, and uses the width",
  (width) => {
    for (let n = 0; n <= events.length; n++) {
      const lines = view(n, { columns: width });
      expect(lines.length).toBeLessThan(24);
      for (const line of lines) expect(columns(line)).toBeLessThan(width);
      expect(columns(lines[0] ?? "")).toBe(width - 1);
    }
  },
);

test("the live view fits many actors, long names and a deep queue", () => {
  const many = history(
    ...Array.from({ length: 40 }, (_, i) => started(`requester-with-a-long-name-${i}`, "requester")),
    ...Array.from({ length: 3_000 }, (_, i) => [requested(`r${i}`), stored(`r${i}`, i + 1)]).flat(),
  );
  const lines = liveView(stateOf(many), { columns: 80 }).split("\n");
  expect(lines.length).toBeLessThan(24);
  for (const line of lines) expect(columns(line)).toBeLessThan(80);
  expect(lines[3]).toMatch(/^REQUESTS █+ 3000 /);
  expect(lines.some((line) => line === "and 33 more")).toBe(true);
});

test("the live view has colour only if it is requested", () => {
  const esc = String.fromCharCode(27);
  expect(view(events.length).join("")).not.toContain(esc);
  expect(view(events.length, { color: true }).join("")).toContain(esc);
});
