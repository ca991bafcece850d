// What the diagram and the charts are drawn from: rows, lanes, bands, depths, percentiles and samples.
import { describe, expect, test } from "vitest";
import type { EventBody, HistoryEvent, Run } from "../../internal/history.js";
import {
  bandsOf,
  columns,
  diagramOf,
  gutter,
  html,
  layoutOf,
  pathsOf,
  replyDepth,
  requestDepth,
  sample,
  ticks,
  waitPercentiles,
} from "../../internal/report.js";
import {
  acked,
  at,
  by,
  delivered,
  executed,
  history,
  kept,
  received,
  replied,
  repliesRead,
  requested,
  requestsRead,
  sent,
  stored,
  type Told,
  terminated,
  timedOut,
  withdrawn,
} from "../../support/history.js";
import { heldRun, runOf, violatedRun } from "../runs.js";
import { evilRun, faultHealed, faultInjected, largeRun } from "./runs.js";

const run = (...bodies: Parameters<typeof history>) => runFrom(history(...bodies));
const runFrom = (events: HistoryEvent[]) =>
  runOf(events, { scenario: "a", question: "b", answer: "c", expectations: [], names: [] });

function diagram(of: Run) {
  const paths = pathsOf(of);
  return diagramOf(of, paths, paths.all);
}
const rows = (of: Run) =>
  diagram(of).rows.map(({ from, to, label }) => (to === undefined ? `${from}: ${label}` : `${from} > ${to}: ${label}`));

describe("rows", () => {
  test("go through the mailbox", () => {
    const whole = run(
      requested("r1", "lunch"),
      stored("r1"),
      delivered("r1"),
      executed("r1"),
      replied("r1"),
      acked("r1"),
      received("r1"),
    );
    expect(rows(whole)).toEqual([
      "alice > REQUESTS: order-sandwich as lunch",
      "REQUESTS > alice: stored as message 1",
      "REQUESTS > bob: lunch",
      "bob: executes lunch",
      "bob > REPLIES: ok 🥪, message 1",
      "bob > REQUESTS: ack",
      "REPLIES > alice: ok 🥪",
    ]);
  });

  test("have a pause, and no line for a message that is not a reply", () => {
    const reason = "it has no Request-Id";
    const events: Told[] = [
      requested("r1", "lunch"),
      { type: "foreign-reply", request: "r1", subject: "replies.alice.r1", reason },
      by("bob", { type: "paused" }),
      by("bob", { type: "resumed" }),
    ];
    expect(rows(run(...events)).slice(1)).toEqual([
      `alice: no reply to lunch: ${reason}`,
      "bob: has paused",
      "bob: resumes",
    ]);
  });

  test("go to an inbox without a stream between", () => {
    const whole = run(requested("r1", "lunch", "inbox"), delivered("r1"), sent("r1"), received("r1"));
    expect(rows(whole).slice(2)).toEqual(["bob > alice: ok 🥪, sent", "bob > alice: ok 🥪"]);
  });

  test("a reply is drawn before it arrives, though its responder hears of it later", () => {
    const whole = run(requested("r1"), received("r1"), replied("r1"), replied("r1"));
    expect(diagram(whole).rows.map((row) => row.event.type)).toEqual(["requested", "replied", "received", "replied"]);
  });

  test("of plain NATS: whoever answers knows the message by its place in the stream only", () => {
    const pubAck: EventBody = { type: "puback-received", request: "r1", stream: "REQUESTS", sequence: 7 };
    const whole = run(requested("r1", "lunch", "core"), pubAck, delivered("REQUESTS:7"));
    expect(rows(whole)).toEqual([
      "alice > server: order-sandwich as lunch",
      "REQUESTS > alice: a PubAck, no reply",
      "REQUESTS > bob: lunch",
    ]);
  });

  test("a fault is a mark on what it is on, and one that nobody spoke of gets a lane", () => {
    const whole = run(faultInjected("cut-link", "n2"), requested("r1"), faultHealed("cut-link", "n2"));
    expect(rows(whole)).toEqual(["n2: cut-link", "alice > REQUESTS: order-sandwich as r1", "n2: cut-link healed"]);
  });

  test("a fault that only says what it did is on whom it names, else on the server", () => {
    const freezes = (what: string) => ({ type: "fault-injected", fault: "pause", what }) as unknown as EventBody;
    const bob: EventBody = { type: "actor-started", name: "bob", role: "responder", pid: 1 };
    const whole = run(bob, freezes("freezes bob"), freezes("freezes the server one"));
    expect(
      diagram(whole)
        .rows.map(({ from, text }) => `${from}: ${text}`)
        .slice(1),
    ).toEqual(["bob: freezes bob", "server: freezes the server one"]);
  });

  test("a fault begins with its step, before what it does to the others, and is healed where it was", () => {
    const inject: EventBody = { type: "step", step: "inject", line: 3 };
    const lost: EventBody = { type: "actor-crashed", name: "bob", signal: "SIGKILL" };
    const done: EventBody = { type: "fault-injected", fault: "pause", what: "freezes REPLIES" };
    const replies: EventBody = { type: "setup-applied", streams: ["REQUESTS", "REPLIES"] };
    const whole = run(replies, requested("r1"), inject, lost, done, { type: "fault-healed", fault: "pause" });
    expect(rows(whole).slice(1)).toEqual([
      "REPLIES: freezes REPLIES",
      "bob: killed (SIGKILL)",
      "REPLIES: pause healed",
    ]);
  });

  test("under load the wait begins when the request was meant to be sent", () => {
    const load: EventBody = { type: "load-started", as: "rush", count: 2, ratePerSecond: 1000 };
    const { all } = pathsOf(
      run(by("alice", load), requested("r1", "rush"), received("r1"), requested("r2", "rush"), received("r2")),
    );
    expect(all.map(({ name, latencyMs }) => [name, latencyMs])).toEqual([
      ["rush #1", 2],
      ["rush #2", 3],
    ]);
  });

  test("who was killed is not said to stop as well", () => {
    expect(rows(violatedRun)).toContain("alice: killed (SIGKILL)");
    expect(rows(violatedRun)).not.toContain("alice: stops");
  });
});

describe("layout", () => {
  test.each([
    ["held", heldRun],
    ["violated", violatedRun],
    ["evil", evilRun().run],
    ["large", largeRun(60)],
  ])("%s: no label meets another, and each is inside the picture", (_, of) => {
    const { rows, width } = layoutOf(diagram(of), 800);
    const tops = rows.map(({ x2, y }) => (x2 === undefined ? y - 8 : y - 19));
    for (const [i, { label, x2, y }] of rows.entries()) {
      expect(tops[i + 1] ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(x2 === undefined ? y + 8 : y - 5);
      const size = columns(label.text) * 6;
      const left = label.x - (label.anchor === "middle" ? size / 2 : label.anchor === "end" ? size : 0);
      expect(left).toBeGreaterThanOrEqual(gutter - 1);
      expect(left + size).toBeLessThanOrEqual(width);
    }
  });

  test("a broken server is everybody's, a dead actor its own lane's; both last as long as they did", () => {
    const whole = run(
      requested("r1"),
      faultInjected("pause-server", "server"),
      stored("r1"),
      faultHealed("pause-server", "server"),
      { type: "actor-crashed", name: "alice", signal: "SIGKILL" },
    );
    const { bands, rows, width, lanes } = layoutOf(diagram(whole), 800);
    const [paused, dead] = bands;
    expect(paused).toMatchObject({ x: gutter - 6, width: width - gutter + 6 });
    expect(dead?.width).toBeLessThan((width - gutter) / lanes.length);
    const during = rows.filter(({ y }) => paused && y > paused.y && y < paused.y + paused.height);
    expect(during.map(({ row }) => row.event.type)).toEqual(["fault-injected", "stored", "fault-healed"]);
  });
});

test("bands end when their fault is healed by id, by return, or never", () => {
  const events = history(
    faultInjected("pause", "bob", "1"),
    faultInjected("pause", "bob", "2"),
    faultHealed("pause", "bob", "1"),
    { type: "actor-stopped", name: "carol", code: 0, signal: null },
    { type: "step", step: "restart", line: 3 },
    { type: "server-restarted", server: "nats-server 2.14.0" },
    { type: "actor-started", name: "carol", role: "requester", pid: 1 },
    { type: "actor-stopped", name: "carol", code: 0, signal: null },
  );
  const ms = (t: number) => (t - (events[0]?.t ?? 0)) / 1000;
  expect(bandsOf(events).map((band) => [band.label, ms(band.from), ms(band.to), band.kind])).toEqual([
    ["pause", 0, 2, "fault"],
    ["pause", 1, 7, "fault"],
    ["carol is away", 3, 6, "absence"],
    ["server restarts", 4, 5, "fault"],
  ]);
});

describe("depth", () => {
  const depths = (events: HistoryEvent[]) => requestDepth(events, "REQUESTS").points.map(({ depth }) => depth);

  test("a request is in the queue from stored to acked, terminated or taken back", () => {
    const events = history(
      stored("r1"),
      stored("r2", 2),
      stored("r3", 3),
      acked("r1"),
      terminated("r2"),
      withdrawn("r3"),
    );
    expect(depths(events)).toEqual([0, 1, 2, 3, 2, 1, 0]);
  });

  test("a PubAck that is heard of after the ack brings nothing back", () => {
    expect(depths(history(delivered("r1"), acked("r1"), stored("r1")))).toEqual([0, 1, 0]);
  });

  const putAside: Told[] = [
    ...[stored("r1"), delivered("r1")],
    ...[{ ...replied("r1", "3 attempts"), status: "dead-lettered" as const }, terminated("r1")],
  ];
  const again = { ...delivered("r1"), sequence: 2 };
  const replayed: Told = { type: "replayed", request: "r1", deadLetter: 1, stream: "REQUESTS", sequence: 2 };
  const answer = [replied("r1", "🥪", 2), acked("r1")];

  test("a replayed request is in the queue once more, and what its replay took back is no reply", () => {
    const events = history(...putAside, replayed, again, ...answer);
    expect(depths(events)).toEqual([0, 1, 0, 1, 0]);
    expect(replyDepth(events, "REPLIES").points.map(({ depth }) => depth)).toEqual([0, 1, 0, 1]);
  });

  test("counts a request that is answered before its replay is reported", () => {
    const events = history(...putAside, again, ...answer, replayed);
    expect(depths(events)).toEqual([0, 1, 0, 1, 0]);
    expect(replyDepth(events, "REPLIES").points.map(({ depth }) => depth)).toEqual([0, 1, 2, 1]);
  });

  test("is corrected by the final reading", () => {
    expect(depths(history(stored("r1"), timedOut("r1"), requestsRead([])))).toEqual([0, 1, 0]);
    expect(requestDepth(history(requestsRead(["r1"])), "REQUESTS").read).toBe(1);
  });

  test("a message that was put into another stream by hand is not in this one", () => {
    const forged: Told = { type: "published", subject: "replies.alice.r2", stream: "REPLIES", sequence: 1 };
    const events = history({ ...replied("r1"), stream: "KV_replies" }, { ...forged, actor: "run" });
    const most = (stream: string) => Math.max(...replyDepth(events, stream).points.map(({ depth }) => depth));
    expect([most("REPLIES"), most("KV_replies")]).toEqual([1, 1]);
  });

  test("each part is a message of its own, also one that no last reply came after", () => {
    const partIn = (request: string, part: number, sequence: number): Told => ({
      ...{ type: "part-replied", request, part, to: `replies.alice.${request}`, stream: "REPLIES", sequence },
    });
    const last = { ...kept("r1", "🍨", 3), parts: 2 };
    const events = history(
      ...[partIn("r1", 1, 1), partIn("r1", 2, 2), replied("r1", "🍨", 3), partIn("r2", 1, 4)],
      repliesRead(last),
    );
    const { points, read } = replyDepth(events, "REPLIES");
    expect([points.map(({ depth }) => depth), read]).toEqual([[0, 1, 2, 3, 4], 4]);
  });

  test("replies stay; the same message is counted once", () => {
    const events = history(replied("r1"), replied("r1"), by("carol", replied("r2", "🥯", 2)), received("r1"));
    expect(replyDepth(events, "REPLIES").points.map(({ depth }) => depth)).toEqual([0, 1, 2]);
  });
});

test("percentiles run from requested to the first reply, in milliseconds", () => {
  const { all } = pathsOf(largeRun(1000));
  const exact = all.flatMap((path) => path.latencyMs ?? []).sort((a, b) => a - b);
  const found = Object.fromEntries(waitPercentiles(all).map(({ name, ms }) => [name, ms]));
  for (const [name, part] of [
    ["p50", 0.5],
    ["p90", 0.9],
    ["p99", 0.99],
  ] as const) {
    const expected = exact[Math.ceil(exact.length * part) - 1] ?? 0;
    expect(Math.abs((found[name] ?? 0) - expected) / expected).toBeLessThan(0.002);
  }
  expect(waitPercentiles([])).toEqual([]);
});

test("no percentile on the page is above the slowest reply", () => {
  // 1,500,001 microseconds lie in a bucket that ends above them.
  const all3 = ["r1", "r2", "r3"];
  const run = runFrom(
    history(...all3.map((id) => at(0, requested(id))), ...all3.map((id) => at(1_500.001, received(id)))),
  );
  const { all } = pathsOf(run);
  const waits = Object.fromEntries(waitPercentiles(all).map(({ name, ms }) => [name, ms]));
  expect(waits["p99.9"]).toBeLessThanOrEqual(waits.slowest ?? 0);
  expect(html(run)).toContain("<td>1.50 s</td></tr>");
});

test("a sample has the requests that a check names, the failed ones, the first and the slowest", () => {
  const { all } = pathsOf(largeRun(1000));
  const { drawn } = sample(all, 40);
  expect(drawn).toHaveLength(40);
  expect(drawn.filter((path) => path.offends.length > 0)).toHaveLength(10);
  expect(drawn.filter((path) => path.kind !== "ok").length).toBeGreaterThanOrEqual(15);
  expect(drawn).toContain(all[0]);
  const slowest = all.reduce((a, b) => ((b.latencyMs ?? 0) > (a.latencyMs ?? 0) ? b : a));
  expect(drawn).toContain(slowest);
  expect(sample(all.slice(0, 5), 40)).toEqual({ drawn: all.slice(0, 5), note: "" });
});

test("axes have round numbers that reach the highest value", () => {
  expect(ticks(1, 1)).toEqual([0, 1]);
  expect(ticks(172)).toEqual([0, 50, 100, 150, 200]);
  expect(ticks(0.9)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(ticks(0)[0]).toBe(0);
});
