// Replies: each belongs to a request that was made, is the one that is stored, and reaches its requester.
import { partText, replyText } from "../handler-texts.js";
import type { StoredMessage } from "../read-streams.js";
import { type Check, ofEachRequest } from "./finding.js";
import { actorOf, type History, type RequestFacts, serverFailed, statusOf } from "./requests.js";

/** Nothing runs and nothing is answered that was not asked for. */
const noPhantom = ofEachRequest("phantom", ({ id, asked, begun, effects, replies, replyParts, deadLetters }) => {
  const calls = new Set(asked.map(({ call }) => call));
  const mailboxes = asked.map((line) => `replies.${actorOf(line)}.${id}`);
  return [
    ...begun.map(({ by, call }) => !calls.has(call) && `${by} ran it for call ${call}, which was never made`),
    ...[...replies, ...replyParts].map(
      ({ subject }) =>
        !mailboxes.some((box) => subject === box || subject.startsWith(`${box}.`)) && `${subject} holds a reply`,
    ),
    ...replies.map(
      (reply) =>
        statusOf(reply) === "ok" &&
        !effects.some(({ call }) => reply.text === replyText(id, call)) &&
        `${reply.subject} holds "${reply.text}", and no handler returned it`,
    ),
    deadLetters.length > 0 && asked.length === 0 && "there is a dead letter of it",
  ];
});

/** The payload is what the handler makes for this request. */
const ownReply = ofEachRequest("wrong-reply", ({ id, asked, replies, replyParts }) => {
  const texts = asked.map(({ call }) => replyText(id, call));
  return [
    ...replies.map(
      (reply, n) =>
        replies.findIndex(({ subject }) => subject === reply.subject) < n && `${reply.subject} holds two replies`,
    ),
    ...replies.map(
      (reply) => statusOf(reply) === "ok" && !texts.includes(reply.text) && `the reply is "${reply.text}"`,
    ),
    ...replies.map(({ headers }) => headers["Request-Id"] !== id && `the reply is of request ${headers["Request-Id"]}`),
    ...replyParts.map(
      ({ subject, text }) => text !== partText(id, partOf(subject)) && `the part ${subject} is "${text}"`,
    ),
  ];
});

const partOf = (subject: string) => Number(subject.split(".")[3]);

/** What a requester receives is what is stored. A `dead-lettered` reply is removed by a replay. */
const receivedIsStored = ofEachRequest("other-reply", ({ replies, ended, late, collected, replayAsked }) => {
  const isStored = ({ status, text }: { status?: string | undefined; text?: string | undefined }) =>
    replies.some((reply) => statusOf(reply) === status && reply.text === text) ||
    (status === "dead-lettered" && replayAsked.length > 0);
  return [
    ...ended.map(
      (line) =>
        line.outcome === "reply" && !isStored(line) && `call ${line.call} received ${line.status} "${line.text}"`,
    ),
    ...late.map((line) => !isStored(line) && `${line.by} received late ${line.status} "${line.text}"`),
    ...collected.map(
      (line) => line.status !== undefined && !isStored(line) && `${line.by} collected ${line.status} "${line.text}"`,
    ),
  ];
});

/** Milliseconds between the storing of a reply and the moment when its requester has it, on a busy machine. */
const wayMs = 700;

/** A reply that is stored in time reaches the call that waits for it. */
const noMissedReply = ofEachRequest("missed-reply", ({ replies, ended, asked, collected }, history) => {
  const storedBefore = (t: number, by: string) => {
    const reply = replies.find(({ time, subject }) => time < t - wayMs && subject.split(".")[1] === by);
    return reply && !serverFailed(history, reply.time - wayMs, t) ? reply : undefined;
  };
  const inTime = (reply: StoredMessage | undefined) => reply && `although it is stored since ${reply.time}`;
  return [
    ...ended.map((line) => {
      if (line.outcome !== "timed-out") return false;
      const call = asked.find(({ call }) => call === line.call);
      const missed = call && inTime(storedBefore(line.t, actorOf(call)));
      return missed && `call ${line.call} timed out ${missed}`;
    }),
    ...collected.map((line) => {
      const missed = line.status === undefined && inTime(storedBefore(line.t, line.requester));
      return missed && `${line.by} collected nothing ${missed}${line.error ? `: ${line.error}` : ""}`;
    }),
    ...collected.map(
      (line) => line.error !== undefined && !serverFailed(history, line.t - 6_000, line.t) && `collect: ${line.error}`,
    ),
  ];
});

/** Stored parts have no gap; a requester receives each once and in order. */
const partsInOrder = ofEachRequest("part-gap", ({ id, asked, replies, replyParts, parts, collected }) => [
  ...replies.map((reply) => {
    const count = Number(reply.headers["Reply-Parts"] ?? 0);
    const numbers = replyParts
      .filter(({ subject }) => subject.startsWith(`${reply.subject}.`))
      .map(({ subject }) => partOf(subject));
    const missing = Array.from({ length: count }, (_, n) => n + 1).filter((part) => !numbers.includes(part));
    return missing.length > 0 && `${reply.subject} says ${count} parts, and ${missing.join(", ")} are missing`;
  }),
  ...asked.map(({ call }) => {
    const received = parts.filter((line) => line.call === call).map(({ part }) => part);
    return received.some((part, n) => part !== n + 1) && `call ${call} received the parts ${received.join(", ")}`;
  }),
  ...parts.map(({ part, text }) => text !== partText(id, part) && `part ${part} was received as "${text}"`),
  ...collected.map(
    ({ parts = [] }) =>
      parts.some((text, n) => text !== partText(id, n + 1)) && `the parts were collected as ${JSON.stringify(parts)}`,
  ),
]);

/**
 * A handler runs again only if a fault explains it: its process was killed, paused or drained, or a server failed. A process whose event
 * loop stood still for more than half an `ack_wait` sends +WPI too late, as documented. The same process never runs it twice, because it
 * knows the result; only a drain abandons one.
 */
const noRepeatedEffect: Check = (history) =>
  history.requests.flatMap((request) =>
    pairsOf(request).flatMap(([first, second]) => {
      const text = `message ${first.sequence} had its effect in ${first.by} (delivery ${first.delivery}) and in ${second.by} (delivery ${second.delivery}), ${second.t - first.t} ms later`;
      if (first.by === second.by) return [{ kind: "repeated-in-one-process", id: request.id, text }];
      const begunBy = ({ by, sequence }: typeof first) =>
        request.begun.find((line) => line.by === by && line.sequence === sequence);
      const begun = begunBy(first) ?? first;
      // A paused process keeps a delivery in its socket, and begins it later than the next one that got it.
      const from = begun.t - 3 * history.schedule.ackWaitMs;
      const targets = ["server", actorOf(first), actorOf(second)];
      const explained = history.faults.some(
        ({ target, from: begin, to }) => targets.includes(target) && begin <= second.t && to >= from,
      );
      if (stalled(history, first.by, begun.t, (begunBy(second) ?? second).t)) return [];
      return explained ? [] : [{ kind: "repeated-effect", id: request.id, text }];
    }),
  );

/** Whether the process of the first delivery recorded a stall while the server waited for its +WPI. */
function stalled({ lines, schedule }: History, by: string, from: number, to: number): boolean {
  const { ackWaitMs } = schedule;
  return lines.some(
    (line) =>
      line.e === "stalled" &&
      line.by === by &&
      line.forMs > ackWaitMs / 2 &&
      line.t > from - ackWaitMs &&
      line.t - line.forMs < to,
  );
}

function pairsOf({ effects }: RequestFacts) {
  const pairs = effects.map((second, n) => {
    const first = effects.slice(0, n).findLast(({ sequence }) => sequence === second.sequence);
    return first ? ([first, second] as const) : undefined;
  });
  return pairs.filter((pair) => pair !== undefined);
}

/**
 * A redelivered request whose reply is stored does not run again. A restarted server forgets the ids of answered requests, and then stores
 * the same id of another requester once more: that message has the mailbox of its own requester.
 */
const noBeginAfterReply = ofEachRequest("begun-after-reply", ({ asked, begun, replies }) =>
  begun.map((line) => {
    const call = asked.find(({ call }) => call === line.call);
    const mailbox = call && `replies.${actorOf(call)}.${line.id}`;
    const reply = replies.find(({ subject, time }) => time < line.t - wayMs && subject === mailbox);
    return (
      line.delivery > 1 &&
      reply &&
      `${line.by} began delivery ${line.delivery} of message ${line.sequence} ${line.t - reply.time} ms after the reply was stored`
    );
  }),
);

export const replies: Check[] = [
  ...[noPhantom, ownReply, receivedIsStored, noMissedReply, partsInOrder, noRepeatedEffect, noBeginAfterReply],
];
