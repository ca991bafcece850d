// Runs that try the report: one with a thousand requests, one whose texts are markup, one that failed half way.
import type { EventBody, HistoryEvent, Run, RunResult } from "../../internal/history.js";
import { by, history, kept, repliesRead, requested, requestsRead } from "../../support/history.js";
import { expectation, runOf, violatedRun } from "../runs.js";

const started = (name: string, role: "requester" | "responder"): EventBody => ({
  type: "actor-started",
  name,
  role,
  pid: 1,
});

/** What another version of the kit may record; the report must show it without knowing its type. */
export const faultInjected = (fault: string, on: string, id = fault) =>
  ({ type: "fault-injected", fault, on, id }) as unknown as EventBody;
export const faultHealed = (fault: string, on: string, id = fault) =>
  ({ type: "fault-healed", fault, on, id }) as unknown as EventBody;

/**
 * `count` requests of two requesters, a millisecond apart, answered by three responders; while the server is paused
 * nothing is answered. Every fiftieth gives up, and every hundredth is executed twice.
 */
export function largeRun(count: number): Run {
  const timed: { t: number; body: EventBody; actor?: string }[] = [];
  const at = (ms: number, body: EventBody, actor?: string) =>
    timed.push({ t: Math.round(1e9 + ms * 1000), body, ...(actor ? { actor } : {}) });
  at(0, { type: "run-started", scenario: "lunch-rush", server: "nats-server 2.14.0" });
  at(0.2, { type: "setup-applied", streams: ["REQUESTS", "REPLIES", "DEAD_LETTERS"] });
  for (const name of ["alice", "carol"]) at(0.3, started(name, "requester"));
  for (const name of ["bob", "dave", "erin"]) at(0.4, started(name, "responder"));
  const [paused, healed] = [count * 0.4, count * 0.55];
  at(paused, faultInjected("pause-server", "server"));
  at(healed, faultHealed("pause-server", "server"));
  at(0.5, { type: "step", step: "request", line: 3 });
  for (let i = 0; i < count; i++) placeRequest(i, at, { paused, healed });
  const end = count + 1200;
  const answered = Array.from({ length: count }, (_, i) => i).filter((i) => i % 50 !== 49);
  at(end, requestsRead([]));
  at(end + 1, repliesRead(...answered.map((i) => kept(`r${i}`, "🥪", i + 1))));
  const sorted = timed.sort((a, b) => a.t - b.t);
  const bodies = sorted.map(({ body, actor }) => (actor === undefined ? body : by(actor, body)));
  const events = history(...bodies).map((event, i) => ({ ...event, t: sorted[i]?.t ?? 0 }));
  return runOf(events, {
    scenario: "lunch-rush",
    question: "What do a thousand orders see of a server that stops for a while?",
    answer: "They wait.",
    expectations: [expectation("stream.REQUESTS.messages", 0, 0)],
    names: ["no-lost-requests", "no-lost-replies", "no-duplicate-executions", "no-stuck-messages"],
  });
}

type At = (ms: number, body: EventBody, actor?: string) => unknown;

function placeRequest(i: number, at: At, { paused, healed }: { paused: number; healed: number }): void {
  const request = `r${i}`;
  const requester = i % 2 ? "carol" : "alice";
  const responder = ["bob", "dave", "erin"][i % 3] as string;
  const wait = 4 + ((i * 7919) % 97) / 6;
  const done = i > paused - 10 && i < healed ? healed + (i - paused) * 0.4 + wait : i + wait;
  at(i + 0.6, requested(request, `order ${i}`), requester);
  at(i + 1, { type: "stored", request, stream: "REQUESTS", sequence: i + 1, duplicate: false }, requester);
  if (i % 50 === 49) {
    const evidence = "the stream still holds it";
    at(i + 1001, { type: "timed-out", request, afterMs: 1001, whereabouts: "queued", evidence }, requester);
    at(i + 1100, { type: "terminated", request, reason: "not on the menu" }, responder);
    return;
  }
  at(done - 2, { type: "delivered", request, subject: "requests.x", sequence: i + 1, delivery: 1 }, responder);
  for (let n = 0; n <= Number(i % 100 === 7); n++)
    at(done - 1, { type: "executed", request, delivery: n + 1 }, responder);
  const reply = { request, status: "ok" as const, payload: "🥪" };
  const place = { to: `replies.${requester}.${request}`, stream: "REPLIES", sequence: i + 1 };
  at(done, { type: "replied", ...reply, ...place }, responder);
  at(done + 0.1, { type: "acked", request }, responder);
  at(done + 0.2, { type: "received", ...reply, late: false }, requester);
}

/** Two steps of a scenario that did not hold, and its file. */
export const brokenPromise = {
  run: {
    ...violatedRun,
    result: {
      ...violatedRun.result,
      expectations: violatedRun.result.expectations.map((e, i) => ({ ...e, line: 6 + i })),
    },
  } as Run,
  scenario: `scenario: inbox-gone
question: Where does an inbox reply go when its requester was killed?
requesters:
  alice: { reply: inbox }
timeline:
  - expect: { lunch: ok 🥪 }
  - expect: { stream.REQUESTS.messages: 0 }
`,
};

export const evil = `</script><script>window.owned=1</script>"'><img src=x onerror="window.owned=2">&amp;\u202e`;

/** Two of three servers are frozen while a request is stored. */
export const clusterRun: Run = partialRun(
  { scenario: "quorum-lost", question: "Is anything stored?", file: "scenarios/quorum-lost.yaml" },
  history(
    { type: "run-started", scenario: "quorum-lost", server: "nats-server 2.14.0", nodes: ["one", "two", "three"] },
    { type: "setup-applied", streams: ["REQUESTS", "REPLIES"] },
    started("alice", "requester"),
    started("bob", "responder"),
    { type: "fault-injected", fault: "quorum-lost", id: 1, what: "freezes two and three: one is alone" },
    requested("r1", "lunch"),
    { type: "fault-healed", fault: "quorum-lost", id: 1 },
    { type: "stored", request: "r1", stream: "REQUESTS", sequence: 1, duplicate: false },
    { type: "leader-changed", stream: "REQUESTS", from: "one", to: "two", afterMs: 40 },
    repliesRead(),
  ),
);

/** Every text that comes from outside is an attack. */
export function evilRun(): { run: Run; scenario: string } {
  const request = `id ${evil}`;
  const events: HistoryEvent[] = history(
    { type: "run-started", scenario: evil, server: evil },
    started(evil, "requester"),
    started("bob", "responder"),
    by(evil, { ...requested(request, evil), subject: `requests.${evil}` }),
    by(evil, { type: "stored", request, stream: evil, sequence: 1, duplicate: false }),
    faultInjected(evil, evil),
    ...["lunch", "dinner"].map((id) => by("alice", requested(id))),
    { type: "delivered", request, subject: evil, sequence: 1, delivery: 1 },
    { type: "terminated", request, reason: evil },
    by(evil, { type: "received", request, status: "error", payload: evil, late: true }),
  );
  const run = runOf(events, {
    scenario: evil,
    question: evil,
    answer: evil,
    expectations: [{ ...expectation(evil, evil, "other"), line: 1 }],
    names: ["no-lost-requests"],
  });
  run.result.checks.push({ name: evil, verdict: "violated", expected: "held", detail: evil, requests: [request] });
  return { run, scenario: evil };
}

/** The server died while lunch was queued: there is no verdict, and nothing was checked. */
export const failedRun = partialRun(
  { scenario: "server-dies", question: "Does it?", file: "scenarios/server-dies.yaml" },
  violatedRun.events.slice(0, 5),
);

/** A run of which a part is known: the outcomes and counts are those of its events. */
export function partialRun(result: Partial<RunResult>, events: HistoryEvent[]): Run {
  const texts = { scenario: "a run", question: "", answer: "", expectations: [], names: [] };
  const facts = { reason: undefined, server: { version: "2.14.0", origin: "", url: "" }, durationMs: 0, history: "" };
  const whole = runOf(events, texts);
  return { ...whole, result: { ...whole.result, ...facts, ...result } };
}
