// Endings: each stored request ends, once, and nothing stays behind.
import { type Check, ofEachRequest } from "./finding.js";
import { actorOf, type History, killedAt, type RequestFacts, serverFailed, statusOf } from "./requests.js";

const isStored = ({ stored, ended }: RequestFacts) =>
  stored.length > 0 ||
  ended.some(({ outcome, sequence = 0 }) => outcome === "reply" || outcome === "handle" || sequence > 0);

const hasEnding = ({ replies, deadLetters, queued }: RequestFacts) =>
  replies.length > 0 || deadLetters.length > 0 || queued.length > 0;

export const removedSequences = ({ cancelled, ended }: RequestFacts): number[] => [
  ...cancelled.flatMap(({ outcome, sequence }) => (outcome === "removed" ? [sequence] : [])),
  ...ended.flatMap(({ withdrawn, sequence = 0 }) => (withdrawn === "removed" ? [sequence] : [])),
];

/** A requester that was killed in the middle of a cancel or an expiry could not end the request. */
function withdrawalCut({ asked, ended, cancelAsked, cancelled }: RequestFacts): boolean {
  const openCall = asked.some(({ onTimeout, call }) => onTimeout !== "keep" && !ended.some((end) => end.call === call));
  return openCall || cancelAsked.length > cancelled.length;
}

/** The cancels and expiries that have an outcome. */
const withdrawals = ({ cancelled, ended }: RequestFacts) => [
  ...cancelled,
  ...ended.filter(({ withdrawn = "kept" }) => withdrawn !== "kept"),
];

/** Milliseconds from a withdrawal to its stored status, at most, while the server answers. */
const statusWithinMs = 5_000;

/** A requester stores a status in the background if the server does not answer at once: a kill before that loses it. */
const statusCut = (request: RequestFacts, history: History): boolean =>
  withdrawals(request).some(({ by, t }) => {
    const killed = killedAt(history, by);
    if (killed === undefined) return false;
    return killed <= t + statusWithinMs || serverFailed(history, killed - statusWithinMs, killed);
  });

/** A request with a PubAck has a reply, a dead letter, or is still in the queue. */
const noLostRequest = ofEachRequest("lost-request", (request) => [
  isStored(request) &&
    !hasEnding(request) &&
    !withdrawalCut(request) &&
    withdrawals(request).length === 0 &&
    "it was stored, and there is no reply, no dead letter, and no request in the queue",
]);

/** A request that was withdrawn has a status in its mailbox. */
const everyWithdrawalEnds = ofEachRequest("no-ending", (request, history) => {
  const { cancelled, ended } = request;
  const outcomes = [...cancelled.map((line) => line.outcome), ...ended.map((line) => line.withdrawn ?? line.outcome)];
  return [
    isStored(request) &&
      !hasEnding(request) &&
      !withdrawalCut(request) &&
      !statusCut(request, history) &&
      withdrawals(request).length > 0 &&
      `it was withdrawn (${outcomes.join(", ")}), and its mailbox is empty`,
  ];
});

const emptyQueue = ofEachRequest("stuck-request", ({ queued }) =>
  queued.map(({ sequence }) => `message ${sequence} is still in REQUESTS`),
);

/** `removed`: no responder ever has it. */
const trueRemoved = ofEachRequest("untrue-removed", (request) =>
  removedSequences(request).flatMap((sequence) => {
    const begun = request.begun.find((line) => line.sequence === sequence);
    return begun ? [`message ${sequence} was removed, and ${begun.by} began it (delivery ${begun.delivery})`] : [];
  }),
);

/** "not yet delivered": no responder had it before. At the end each request with a reply is `replied` or `ended`, and none without is. */
const trueWhereabouts = ofEachRequest("untrue-where", ({ asked, ended, begun, located, replies }) => [
  ...ended.map((line) => {
    const call = asked.find((one) => one.call === line.call);
    // A consumer that was made anew waits for a message that another one may have delivered; then the message says so.
    if (!/not yet delivered/.test(line.evidence ?? "") || !call) return false;
    const early = begun.find(({ sequence, t }) => sequence === line.sequence && t < call.t + call.timeoutMs);
    return (
      early && `call ${line.call} says that it is queued, and ${early.by} had begun it ${line.t - early.t} ms before`
    );
  }),
  ...located.map(({ where, evidence, requester }) => {
    const reply = replies.find(({ subject }) => subject.split(".")[1] === requester);
    const right = reply ? [statusOf(reply) === "ok" ? "replied" : "ended"] : ["gone", "unknown", "replied", "ended"];
    const stored = reply ? `the ${statusOf(reply)} reply is stored` : "nothing is stored";
    return (
      !right.includes(where) &&
      // A process that hangs is stopped, and all that it still asks for fails: that is one finding, and not one for each request.
      !evidence.startsWith("ClosedError") &&
      `at the end it is ${where} (${evidence}), and ${stored}`
    );
  }),
]);

/** Each call of a process that was not killed ends. */
const noOpenCall = ofEachRequest("open-call", ({ asked, ended }, history) =>
  asked.map(
    ({ call, by, how }) =>
      killedAt(history, by) === undefined &&
      !ended.some((end) => end.call === call) &&
      `call ${call} (${how}) did not end`,
  ),
);

/** A call fails only while a server does. */
const noFailedCall = ofEachRequest("failed-call", ({ asked, ended }, history) =>
  ended.map(({ call, t, outcome, code, message }) => {
    const begun = asked.find((line) => line.call === call)?.t ?? t;
    return (
      outcome === "error" &&
      code !== "already-waiting" &&
      !(code === "no-answer" && serverFailed(history, begun, t)) &&
      !(code === "stream-full" && history.faults.some(({ fault }) => fault === "full-stream")) &&
      `call ${call} failed: ${code}: ${message}`
    );
  }),
);

/** A request that had the time after the last fault is sent. */
const noUnsentCall = ofEachRequest("unsent-call", (request, history) => {
  const { asked, ended } = request;
  if (isStored(request) || hasEnding(request) || request.begun.length > 0) return [];
  return ended.map(({ call, t, outcome, code }) => {
    const line = asked.find((line) => line.call === call);
    if (!line || (outcome !== "timed-out" && code !== "no-answer")) return false;
    const deadline = line.t + line.timeoutMs;
    return (
      !serverFailed(history, deadline - 200, t) &&
      `call ${call} ended ${outcome}, and was never stored, without a fault`
    );
  });
});

/** The same request is stored once, unless a server forgot its id or the request was replayed. */
const storedOnce = ofEachRequest("stored-twice", ({ begun, replayAsked }, history) => {
  const sequences = new Set(begun.map(({ sequence }) => sequence));
  const forgotten = history.faults.some(({ target }) => target === "server");
  return [
    sequences.size > 1 && replayAsked.length === 0 && !forgotten && `it ran as messages ${[...sequences].join(", ")}`,
  ];
});

const noLateBegin = ofEachRequest("begun-late", ({ asked, begun, replayAsked }, history) => {
  const { faults, schedule } = history;
  const [first, ...others] = asked;
  if (first?.onTimeout !== "expire" || others.length > 0) return [];
  // A call that waits for its turn has its deadline later.
  const { requesters } = schedule;
  if (requesters.some(({ name, maxOutstanding }) => name === actorOf(first) && maxOutstanding !== undefined)) return [];
  // So does one that is published when the server answers again.
  if (serverFailed(history, first.t, first.t + 100)) return [];
  const deadline = first.t + first.timeoutMs;
  const frozen = (line: (typeof begun)[number]) =>
    faults.some(({ target, from, to }) => target === actorOf(line) && from <= line.t && to >= deadline - 100);
  // A replay has no deadline.
  const replayed = (line: (typeof begun)[number]) => replayAsked.some(({ t }) => t < line.t);
  return begun.map(
    (line) =>
      line.t > deadline + 100 &&
      !frozen(line) &&
      !replayed(line) &&
      `${line.by} began it ${line.t - deadline} ms after its deadline`,
  );
});

/** A dead letter has its reply, a `dead-lettered` reply has its letter, and nothing else has one. */
const trueDeadLetters = ofEachRequest("false-dead-letter", ({ id, replies, deadLetters, replayAsked }, history) => {
  const { faults, lines } = history;
  const statuses = replies.map(statusOf);
  // A requester that was killed in its replay may have removed the reply; its dead letter can be replayed again (docs/guarantees.md).
  const killed = replayAsked.some(
    ({ by, letter }) =>
      killedAt(history, by) !== undefined &&
      !lines.some((line) => line.e === "replayed" && line.by === by && line.id === id && line.letter === letter),
  );
  // A responder that died between copy and reply: with a consumer made anew, a cancel cannot know of its delivery (docs/guarantees.md).
  const died = faults.some(({ fault }) => fault === "kill-responder");
  const between = statuses.includes("cancelled") && died && faults.some(({ fault }) => fault === "recreate-consumer");
  const of = deadLetters.map(({ headers }) => headers["Dead-Letter-Sequence"]);
  return [
    deadLetters.length > 0 &&
      !statuses.includes("dead-lettered") &&
      !between &&
      !(killed && statuses.length === 0) &&
      `it is a dead letter, and its reply is ${statuses}`,
    deadLetters.length === 0 &&
      statuses.includes("dead-lettered") &&
      replayAsked.length === 0 &&
      "its reply is dead-lettered, and there is no dead letter",
    new Set(of).size < of.length && `it is a dead letter ${of.length} times`,
  ];
});

export const endings: Check[] = [
  ...[
    noLostRequest,
    everyWithdrawalEnds,
    emptyQueue,
    trueRemoved,
    trueWhereabouts,
    noOpenCall,
    noFailedCall,
    noUnsentCall,
    storedOnce,
  ],
  ...[noLateBegin, trueDeadLetters],
];
