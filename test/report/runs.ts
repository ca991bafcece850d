// Three runs to report: a menu that held, a lost reply that violated, and a run that nobody could read.
import {
  type CheckName,
  causalOrder,
  counts,
  type EventBody,
  type Expectation,
  type HistoryEvent,
  judge,
  Outcomes,
  type Run,
  type Verdict,
  verdictOf,
} from "../internal/history.js";
import {
  acked,
  actorStarted,
  by,
  collected,
  delivered,
  executed,
  history,
  kept,
  notCollected,
  received,
  replied,
  repliesRead,
  requested,
  requestsRead,
  runStarted,
  sent,
  stored,
  terminated,
  timedOut,
} from "../support/history.js";

const setUp: EventBody = { type: "setup-applied", streams: ["REQUESTS", "REPLIES"] };
const order = (name: string, body: ReturnType<typeof requested>): EventBody => ({
  ...body,
  subject: `requests.order-${name}`,
});

/** What the NATS by Example page prints, in the words of a scenario. */
export const menuEvents = history(
  runStarted("order-menu"),
  setUp,
  actorStarted("alice", "requester"),
  actorStarted("bob", "responder"),
  order("sandwich", requested("r1", "sandwich")),
  stored("r1"),
  delivered("r1"),
  executed("r1"),
  replied("r1"),
  acked("r1"),
  received("r1"),
  order("flatbread", requested("r2", "flatbread")),
  stored("r2", 2),
  delivered("r2"),
  executed("r2"),
  replied("r2", "🥙", 2),
  received("r2", "🥙"),
  acked("r2"),
  order("drink", requested("r3", "drink")),
  stored("r3", 3),
  delivered("r3"),
  terminated("r3"),
  { ...timedOut("r3"), remaining: 0, whereabouts: "gone" },
  { type: "drained" },
  { type: "actor-stopped", name: "bob", code: 0, signal: null },
  requestsRead([], { pending: 0, ackPending: 0 }),
  repliesRead(kept("r1"), kept("r2", "🥙", 2)),
);

export const lateEvents = history(
  runStarted("inbox-gone"),
  setUp,
  order("sandwich", requested("r1", "lunch", "inbox")),
  stored("r1"),
  timedOut("r1"),
  { type: "actor-crashed", name: "alice", signal: "SIGKILL" },
  { type: "actor-stopped", name: "alice", code: null, signal: "SIGKILL" },
  actorStarted("bob", "responder"),
  delivered("r1"),
  executed("r1"),
  by("carol", delivered("r1", 2)),
  by("carol", executed("r1", 2)),
  sent("r1"),
  acked("r1"),
  actorStarted("alice", "requester", 2),
  notCollected("r1"),
  requestsRead([]),
  repliesRead(),
);

export const mailboxEvents = history(
  order("sandwich", requested("r1", "lunch")),
  stored("r1"),
  timedOut("r1"),
  actorStarted("bob", "responder"),
  delivered("r1"),
  executed("r1"),
  replied("r1"),
  acked("r1"),
  collected("r1"),
);

interface RunTexts {
  scenario: string;
  question: string;
  answer: string;
  expectations: Expectation[];
  names: CheckName[];
  expected?: Partial<Record<CheckName, Verdict>>;
}

export const expectation = (
  path: string,
  expected: string | number,
  actual?: string | number,
  verdict: Verdict = actual === expected ? "held" : "violated",
): Expectation => ({ path, expected, ...(actual === undefined ? {} : { actual }), verdict, line: 14 });

export function runOf(recorded: HistoryEvent[], { names, expected, ...texts }: RunTexts): Run {
  const events = causalOrder(recorded); // as a run has them
  const outcomes = new Outcomes();
  for (const event of events) outcomes.apply(event);
  const checks = judge(events, names, expected);
  const result = {
    ...texts,
    format: 1 as const,
    file: `scenarios/${texts.scenario}.yaml`,
    requests: outcomes.all(),
    checks,
    ...verdictOf({ expectations: texts.expectations, checks }),
    counts: counts(events),
    server: { version: "2.14.0", origin: "NATS_SERVER_BIN", url: "nats://127.0.0.1:4222" },
    seed: 7,
    durationMs: 2345,
    history: `runs/${texts.scenario}-2`,
  };
  return { result, events };
}

export const heldRun = runOf(menuEvents, {
  scenario: "order-menu",
  question: "What do a sandwich, a flatbread and a drink\nget from a responder that serves no drinks?",
  answer: "Both dishes arrive. The drink is terminated, which its requester cannot tell from silence.",
  expectations: [
    expectation("sandwich", "ok 🥪", "ok 🥪"),
    expectation("flatbread", "ok 🥙", "ok 🥙"),
    expectation("drink", "timed-out", "timed-out"),
    expectation("stream.REQUESTS.messages", 0, 0),
  ],
  names: ["no-lost-requests", "no-lost-replies", "no-phantom-replies", "no-stuck-messages"],
});

export const lessonRun = runOf(lateEvents, {
  scenario: "inbox-gone",
  question: "Where does an inbox reply go when its requester was killed?",
  answer: "Nowhere.",
  expectations: [expectation("lunch", "not-collected", "not-collected")],
  names: ["no-lost-requests", "no-lost-replies"],
  expected: { "no-lost-replies": "violated" },
});

export const violatedRun = runOf(lateEvents, {
  scenario: "inbox-gone",
  question: "Where does an inbox reply go when its requester was killed?",
  answer: "It should still be there.",
  expectations: [expectation("lunch", "ok 🥪", "not-collected"), expectation("stream.REQUESTS.messages", 0, 0)],
  names: ["no-lost-requests", "no-lost-replies", "no-duplicate-executions"],
  expected: { "no-lost-requests": "violated", "no-duplicate-executions": "violated" },
});

export const inconclusiveRun = runOf(mailboxEvents, {
  scenario: "unread-streams",
  question: "What can be said when the streams could not be read?",
  answer: "Nothing.",
  expectations: [
    expectation("lunch", "ok 🥪", "ok 🥪"),
    expectation("stream.REQUESTS.messages", 0, undefined, "inconclusive"),
  ],
  names: ["no-lost-requests", "no-stuck-messages", "no-duplicate-executions"],
});
