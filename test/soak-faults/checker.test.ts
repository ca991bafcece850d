// The checker of `npm run soak:faults`, on records and streams that are broken in one point each.
import { expect, test } from "vitest";
import { check } from "../../soak/checker/check.js";
import type { Contents, StoredMessage } from "../../soak/read-streams.js";
import type { Line, Step } from "../../soak/record.js";
import { type FaultName, scheduleOf } from "../../soak/schedule.js";

const schedule = { ...scheduleOf(1, 1), requesters: [], faults: [] };
const line = (t: number, by: string, step: Step): Line => ({ t, by, ...step });
const message = (sequence: number, subject: string, text: string, headers: Record<string, string>): StoredMessage => ({
  ...{ sequence, subject, text, headers },
  time: 300,
});

const asked = (t = 100, more: object = {}): Line =>
  line(t, "alice.1", {
    ...{ e: "asked", id: "alice-1", call: 1, how: "request", timeoutMs: 2_000, onTimeout: "keep", task: {} },
    ...more,
  } as Step);
const stored = line(110, "alice.1", { e: "stored", id: "alice-1", sequence: 7, duplicate: false });
const delivery = { id: "alice-1", call: 1, sequence: 7, delivery: 1 };
const begun = line(200, "bob.1", { e: "begun", ...delivery });
const effect = line(290, "bob.1", { e: "effect", ...delivery });
const text = "reply to alice-1, call 1";
const end = (t: number, more: object): Line =>
  line(t, "alice.1", { e: "ended", id: "alice-1", call: 1, ...more } as Step);
const replied = end(310, { outcome: "reply", status: "ok", text });
const exit = (process: string): Line =>
  line(900, "runner", { e: "exit", process, code: 0, signal: null, expected: true });
const reply = (more: Partial<StoredMessage> = {}): StoredMessage => ({
  ...message(1, "replies.alice.alice-1", text, { "Request-Id": "alice-1", "Reply-Status": "ok" }),
  ...more,
});
const holds = (contents: Partial<Contents>): Contents => ({
  ...{ requests: [], replies: [], deadLetters: [], consumer: {} },
  ...contents,
});
const fault = (from: number, to: number, name: FaultName, target: string): Line[] => [
  line(from, "runner", { e: "fault", fault: name, target, forMs: to - from }),
  line(to, "runner", { e: "healed", fault: name, target }),
];

const answered = [asked(), stored, begun, effect, replied, exit("alice.1"), exit("bob.1")];
const kinds = (lines: Line[], contents: Contents) => check(schedule, lines, contents).map(({ kind }) => kind);

test("an answered request has no finding", () => {
  expect(check(schedule, answered, holds({ replies: [reply()] }))).toEqual([]);
});

test("a stored request without reply, dead letter or place in the queue is lost", () => {
  const timedOut = end(2_100, { outcome: "timed-out", sequence: 7, withdrawn: "kept" });
  expect(kinds([asked(), stored, timedOut, exit("alice.1")], holds({}))).toEqual(["lost-request"]);
});

test("a request that waits in the queue at the end is stuck", () => {
  const timedOut = end(2_100, { outcome: "timed-out", sequence: 7, withdrawn: "kept" });
  const queued = message(7, "requests.order", "{}", { "Nats-Msg-Id": "alice-1" });
  expect(kinds([asked(), stored, timedOut], holds({ requests: [queued] }))).toEqual(["stuck-request"]);
});

test.each([
  ["a cancel", line(400, "alice.1", { e: "cancelled", id: "alice-1", sequence: 7, outcome: "removed" })],
  ["a time-out", end(400, { outcome: "timed-out", sequence: 7, withdrawn: "removed" })],
])("removed, by %s, is untrue if a handler began that message", (_, removed) => {
  const status = reply({ text: "gone", headers: { "Request-Id": "alice-1", "Reply-Status": "cancelled" } });
  const lines = [asked(), stored, begun, removed];
  expect(kinds(lines, holds({ replies: [status] }))).toContain("untrue-removed");
  expect(kinds([asked(), stored, removed], holds({ replies: [status] }))).not.toContain("untrue-removed");
});

test("queued is untrue if a handler began the message before", () => {
  const timedOut = end(2_100, {
    outcome: "timed-out",
    sequence: 7,
    withdrawn: "kept",
    evidence: "message 7 is in REQUESTS, not yet delivered to any responder",
  });
  const contents = holds({ replies: [{ ...reply(), time: 2_050 }] });
  expect(kinds([asked(), stored, begun, effect, timedOut], contents)).toEqual(["untrue-where"]);
  expect(kinds([asked(), stored, { ...begun, t: 2_110 }, { ...effect, t: 2_120 }, timedOut], contents)).toEqual([]);
});

test("a request with a stored reply is found replied at the end", () => {
  const located = (where: string) =>
    line(800, "alice.1", { e: "located", id: "alice-1", requester: "alice", where, evidence: "" });
  expect(kinds([...answered, located("replied")], holds({ replies: [reply()] }))).toEqual([]);
  expect(kinds([...answered, located("gone")], holds({ replies: [reply()] }))).toEqual(["untrue-where"]);
});

test("removed is true if a handler began another message with the same id", () => {
  const removed = line(150, "alice.1", { e: "cancelled", id: "alice-1", sequence: 6, outcome: "removed" });
  expect(kinds([...answered, removed], holds({ replies: [reply()] }))).not.toContain("untrue-removed");
});

test("a removed request without a status has no ending, unless its requester was killed before the outcome", () => {
  const cancel = line(120, "alice.1", { e: "cancel-asked", id: "alice-1", sequence: 7 });
  const removed = line(150, "alice.1", { e: "cancelled", id: "alice-1", sequence: 7, outcome: "removed" });
  const timedOut = end(2_100, { outcome: "timed-out", sequence: 7, withdrawn: "kept" });
  expect(kinds([asked(), stored, cancel, removed, timedOut], holds({}))).toEqual(["no-ending"]);
  expect(kinds([asked(), stored, cancel, timedOut], holds({}))).toEqual([]);
});

test("a removed request without a status has no ending if its requester was killed long after, and the server was up", () => {
  const removed = end(2_100, { outcome: "timed-out", sequence: 7, withdrawn: "removed" });
  const killed = (t: number): Line =>
    line(t, "runner", { e: "exit", process: "alice.1", code: null, signal: "SIGKILL", expected: true });
  const lines = [asked(), stored, removed];
  expect(kinds([...lines, killed(2_200)], holds({}))).toEqual([]);
  expect(kinds([...lines, killed(9_000)], holds({}))).toEqual(["no-ending"]);
  // While the server is away, no status can be stored.
  const away = fault(2_050, 5_000, "kill-server", "server");
  expect(kinds([...lines, ...away, killed(9_000)], holds({}))).toEqual([]);
});

test("an effect of a call that was never made is a phantom", () => {
  const other = line(250, "bob.1", { e: "begun", ...delivery, id: "alice-2", call: 2 });
  expect(kinds([...answered, other], holds({ replies: [reply()] }))).toEqual(["phantom"]);
});

test("a reply in the mailbox of a requester that did not ask is a phantom", () => {
  const astray = reply({ subject: "replies.carol.alice-1" });
  expect(kinds(answered, holds({ replies: [reply(), astray] }))).toEqual(["phantom"]);
});

test("a reply that no handler returned is a phantom", () => {
  expect(kinds([asked(), stored, replied], holds({ replies: [reply()] }))).toEqual(["phantom"]);
});

test("a stored reply to another request is wrong, and one that differs from the received one is another reply", () => {
  const wrong = reply({ text: "reply to alice-2, call 2" });
  expect(kinds(answered, holds({ replies: [wrong] }))).toEqual(["phantom", "wrong-reply", "other-reply"]);
});

test("two replies in one mailbox are one too many", () => {
  expect(kinds(answered, holds({ replies: [reply(), reply({ sequence: 2 })] }))).toEqual(["wrong-reply"]);
});

test("a reply of a second call with the same id belongs to both", () => {
  const again = [asked(150, { call: 2 }), line(320, "alice.1", { ...replied, call: 2 } as Step)];
  expect(kinds([...answered, ...again], holds({ replies: [reply()] }))).toEqual([]);
});

test("a call that times out although its reply is stored misses it", () => {
  const timedOut = end(2_100, { outcome: "timed-out", sequence: 7, withdrawn: "kept" });
  expect(kinds([asked(), stored, begun, effect, timedOut], holds({ replies: [reply()] }))).toEqual(["missed-reply"]);
});

test("a call without an end is open, unless its process was killed", () => {
  const open = [asked(), stored, begun, effect];
  expect(kinds([...open, exit("alice.1")], holds({ replies: [reply()] }))).toEqual(["open-call"]);
  const killed = line(300, "runner", {
    ...{ e: "exit", process: "alice.1", code: null },
    signal: "SIGKILL",
    expected: true,
  });
  expect(kinds([...open, killed], holds({ replies: [reply()] }))).toEqual([]);
});

test("a call that fails without a fault of a server has failed", () => {
  const failed = end(400, { outcome: "error", code: "no-answer", message: "no PubAck" });
  expect(kinds([asked(), failed], holds({}))).toContain("failed-call");
  expect(kinds([asked(), failed, ...fault(90, 350, "kill-server", "server")], holds({}))).toEqual([]);
});

test("a call that fails because a stream without a leader seems missing has failed", () => {
  const failed = end(400, { outcome: "error", code: "not-set-up", message: "no stream" });
  const noLeader = fault(90, 350, "kill-leader", "leader of REQUESTS");
  expect(kinds([asked(), failed, ...noLeader], holds({}))).toEqual(["failed-call"]);
  expect(kinds([asked(), failed], holds({}))).toEqual(["failed-call"]);
});

test("a call whose deadline comes after the recovery was never sent if the stream never had it", () => {
  const timedOut = end(9_100, { outcome: "timed-out", sequence: 0, withdrawn: "kept" });
  const lines = [asked(100, { timeoutMs: 9_000 }), timedOut, ...fault(90, 350, "kill-server", "server")];
  expect(kinds(lines, holds({}))).toEqual(["unsent-call"]);
});

test("a second effect needs a fault that explains it", () => {
  const second = line(700, "bob.1", { e: "effect", ...delivery, delivery: 2 });
  const elsewhere = { ...second, by: "dave.1" };
  const contents = holds({ replies: [reply()] });
  expect(kinds([...answered, elsewhere], contents)).toEqual(["repeated-effect"]);
  expect(kinds([...answered, elsewhere, ...fault(295, 500, "kill-responder", "bob")], contents)).toEqual([]);
  expect(kinds([...answered, elsewhere, ...fault(295, 500, "kill-responder", "frank")], contents)).toEqual([
    "repeated-effect",
  ]);
  expect(kinds([...answered, elsewhere, ...fault(295, 500, "kill-server", "server")], contents)).toEqual([]);
  expect(kinds([...answered, second, ...fault(295, 500, "kill-server", "server")], contents)).toEqual([
    "repeated-in-one-process",
  ]);
});

test("a stall of more than half an ack_wait explains a second effect, if the first process recorded it", () => {
  const elsewhere = line(700, "dave.1", { e: "effect", ...delivery, delivery: 2 });
  const contents = holds({ replies: [reply()] });
  const half = schedule.ackWaitMs / 2;
  const stall = (by: string, forMs: number, t = 300) => line(t, by, { e: "stalled", forMs });
  const withStall = (one: Line) => kinds([...answered, elsewhere, one], contents);
  expect(withStall(stall("bob.1", half + 1))).toEqual([]);
  expect(withStall(stall("bob.1", half))).toEqual(["repeated-effect"]);
  expect(withStall(stall("dave.1", half + 1))).toEqual(["repeated-effect"]);
  expect(withStall(stall("bob.1", half + 1, 701 + half + 1))).toEqual(["repeated-effect"]);
});

test("a consumer that was made anew explains a second effect in another process, and not in the same one", () => {
  const fresh = fault(295, 500, "recreate-consumer", "server");
  const anew = line(700, "bob.1", { e: "effect", ...delivery });
  const contents = holds({ replies: [reply()] });
  expect(kinds([...answered, anew], contents)).toEqual(["repeated-in-one-process"]);
  expect(kinds([...answered, anew, ...fresh], contents)).toEqual(["repeated-in-one-process"]);
  expect(kinds([...answered, { ...anew, by: "dave.1" }, ...fresh], contents)).toEqual([]);
});

test("a redelivery that begins long after the reply was stored is a finding", () => {
  const second = line(1_500, "dave.1", { e: "begun", ...delivery, delivery: 2 });
  expect(kinds([...answered, second], holds({ replies: [reply()] }))).toEqual(["begun-after-reply"]);
  // The same id, asked for by another requester after a restart of the server: another message, and another mailbox.
  const other = { ...asked(400, { call: 30 }), by: "carol.1" };
  const lines = [
    ...answered,
    other,
    { ...second, call: 30, sequence: 10 },
    ...fault(350, 380, "restart-server", "server"),
  ];
  expect(kinds(lines, holds({ replies: [reply()] }))).not.toContain("begun-after-reply");
});

test("a request with two messages and neither replay nor server fault is stored twice", () => {
  const second = line(250, "bob.1", { e: "begun", ...delivery, sequence: 8 });
  expect(kinds([...answered, second], holds({ replies: [reply()] }))).toEqual(["stored-twice"]);
});

test("a handler that begins after the deadline of an expiring request is late", () => {
  const lines = [
    asked(100, { onTimeout: "expire", timeoutMs: 1_000 }),
    stored,
    { ...begun, t: 1_400 },
    { ...effect, t: 1_410 },
  ];
  expect(kinds(lines, holds({ replies: [reply()] }))).toContain("begun-late");
  const replay = line(1_350, "alice.1", { e: "replay-asked", id: "alice-1", letter: 1 });
  expect(kinds([...lines, replay], holds({ replies: [reply()] }))).not.toContain("begun-late");
});

test.each([
  ["beside a reply", [reply()]],
  ["without a reply", []],
])("a dead letter %s is false", (_, replies) => {
  const letter = message(1, "dead-letters.order", "{}", {
    "Dead-Letter-Request-Id": "alice-1",
    "Dead-Letter-Sequence": "7",
  });
  expect(kinds(answered.slice(0, 4), holds({ replies, deadLetters: [letter] }))).toContain("false-dead-letter");
});

test("a dead letter without a reply is true if the requester that replays it was killed before the end", () => {
  const letter = message(1, "dead-letters.order", "{}", {
    "Dead-Letter-Request-Id": "alice-1",
    "Dead-Letter-Sequence": "7",
  });
  const replay = line(800, "alice.1", { e: "replay-asked", id: "alice-1", letter: 1 });
  const failed = line(850, "alice.1", { e: "replayed", id: "alice-1", letter: 1, outcome: "error" });
  const killed = line(900, "runner", { e: "exit", process: "alice.1", code: null, signal: "SIGKILL", expected: true });
  const found = (...lines: Line[]) => kinds([...answered.slice(0, 4), ...lines], holds({ deadLetters: [letter] }));
  expect(found(replay, killed)).not.toContain("false-dead-letter");
  expect(found(replay, failed, killed)).toContain("false-dead-letter");
  expect(found(replay)).toContain("false-dead-letter");
});

test("a dead letter of a cancelled request is false, unless its responder died and the consumer was made anew", () => {
  const letter = message(1, "dead-letters.order", "{}", {
    "Dead-Letter-Request-Id": "alice-1",
    "Dead-Letter-Sequence": "7",
  });
  const status = reply({
    text: "as its requester wished",
    headers: { "Request-Id": "alice-1", "Reply-Status": "cancelled" },
  });
  const contents = holds({ replies: [status], deadLetters: [letter] });
  const killed = fault(195, 500, "kill-responder", "bob");
  const anew = fault(210, 220, "recreate-consumer", "server");
  const lines = answered.slice(0, 3);
  expect(kinds([...lines, ...killed], contents)).toContain("false-dead-letter");
  expect(kinds([...lines, ...anew], contents)).toContain("false-dead-letter");
  expect(kinds([...lines, ...killed, ...anew], contents)).not.toContain("false-dead-letter");
});

test("a dead-lettered reply without a dead letter is false, unless it was replayed", () => {
  const status = reply({ text: "attempts", headers: { "Request-Id": "alice-1", "Reply-Status": "dead-lettered" } });
  const received = end(310, { outcome: "reply", status: "dead-lettered", text: "attempts" });
  const replay = line(500, "alice.1", { e: "replay-asked", id: "alice-1", letter: 1 });
  expect(kinds([asked(), stored, received], holds({ replies: [status] }))).toEqual(["false-dead-letter"]);
  expect(kinds([asked(), stored, received, replay], holds({ replies: [status] }))).toEqual([]);
});

test("a missing part, and parts that are received out of order, are gaps", () => {
  const withParts = reply({ headers: { "Request-Id": "alice-1", "Reply-Status": "ok", "Reply-Parts": "2" } });
  const part = (n: number) => message(n, `replies.alice.alice-1.${n}`, `part ${n} of alice-1`, {});
  const received = (n: number) =>
    line(300 + n, "alice.1", { e: "part", id: "alice-1", call: 1, part: n, text: `part ${n} of alice-1` });
  const all = holds({ replies: [withParts, part(1), part(2)] });
  expect(kinds([...answered, received(1), received(2)], all)).toEqual([]);
  expect(kinds([...answered, received(2)], all)).toEqual(["part-gap"]);
  expect(kinds(answered, holds({ replies: [withParts, part(2)] }))).toEqual(["part-gap"]);
});

test("a process that hangs, fails or ends by itself is a finding", () => {
  const contents = holds({ replies: [reply()] });
  const hung = line(900, "runner", { e: "hung", process: "bob.1", doing: "stop within 15000 ms" });
  const failed = line(900, "bob.1", { e: "failed", message: "TypeError" });
  const ended = line(900, "runner", { e: "exit", process: "bob.1", code: 1, signal: null, expected: false });
  expect(kinds([...answered, hung], contents)).toEqual(["hung-process"]);
  expect(kinds([...answered, failed], contents)).toEqual(["failed-process"]);
  expect(kinds([...answered, ended], contents)).toEqual(["failed-process"]);
});

test("the same seed makes the same schedule, and another seed another one", () => {
  expect(scheduleOf(7, 3)).toEqual(scheduleOf(7, 3));
  expect(scheduleOf(7, 3)).not.toEqual(scheduleOf(8, 3));
});
