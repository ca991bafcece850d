// A model of durable request-reply that keeps every promise: whatever histories it tells, no check may find a violation.
import fc from "fast-check";
import type { StoredReply } from "../internal/history.js";
import {
  acked,
  actorStarted,
  by,
  cancelled,
  collected,
  delivered,
  executed,
  failed,
  kept,
  last,
  late,
  notCollected,
  onWire,
  orphaned,
  partCollected,
  partReceived,
  partReplied,
  received,
  replied,
  repliesEnded,
  repliesRead,
  reported,
  requested,
  requestsRead,
  stored,
  type Told,
  terminated,
  timedOut,
  turnAwaited,
  unawaited,
  withdrawn,
} from "../support/history.js";

/** What becomes of one request: its requester's publish, all that follows, and what is found of it at the end. */
export interface Story {
  ask: Told[];
  acts: Told[];
  left?: true;
  reply?: StoredReply;
}

type Tell = (id: string, place: number) => Story;

const given = (id: string, sequence: number, delivery = 1) => ({ ...delivered(id, delivery), sequence });
const ok = (id: string, n: number) => ({ reply: kept(id, "🥪", n) });
const worked = (id: string, n: number) => [given(id, n), executed(id), replied(id, "🥪", n), acked(id)];
const inParts = (id: string, n: number) => [
  given(id, n),
  ...[1, 2].map((part) => partReplied(id, part)),
  ...worked(id, n).slice(1),
];
const expiring = (id: string) => ({ ...requested(id), expires: true as const });

export const answered: Tell = (id, n) => ({ ask: [requested(id), stored(id, n)], acts: worked(id, n), ...ok(id, n) });

const tales: Record<string, Tell> = {
  answered,
  "answered in time": (id, n) => {
    const story = answered(id, n);
    return { ...story, acts: [...story.acts, received(id)] };
  },
  "recorded by its service, too": (id, n) => ({
    ...answered(id, n),
    acts: [...worked(id, n), ...(["delivered", "replied", "acked"] as const).map((event) => reported(id, event))],
  }),
  "answered by an external responder": (id, n) => ({
    ask: [requested(id), stored(id, n)],
    acts: [actorStarted("dora", "responder"), ...worked(id, n).map((event) => onWire(by("dora", event)))],
    ...ok(id, n),
  }),
  "answered late": (id, n) => ({
    ...answered(id, n),
    acts: [timedOut(id), ...worked(id, n), late(id), collected(id, "🥪", n)],
  }),
  "sent, and waited for by nobody": (id, n) => ({
    ask: [unawaited(id), stored(id, n)],
    acts: [...worked(id, n), collected(id, "🥪", n)],
    ...ok(id, n),
  }),
  "sent, and left in the queue": (id, n) => ({ ask: [unawaited(id), stored(id, n)], acts: [], left: true }),
  "sent when it was its turn": (id, n) => {
    const story = answered(id, n);
    return { ...story, ask: [turnAwaited(id), ...story.ask], acts: [...story.acts, received(id)] };
  },
  "heard by its requester's successor": (id, n) => {
    const story = answered(id, n);
    return { ...story, acts: [...story.acts, orphaned(id), collected(id, "🥪", n)] };
  },
  "answered in parts": (id, n) => ({
    ask: [requested(id), stored(id, n)],
    acts: [...inParts(id, n), last(id, 2), ...[1, 2].map((part) => partReceived(id, part)), repliesEnded(id, 2)],
    reply: { ...kept(id, "🥪", n), parts: 2 },
  }),
  "answered in parts, and collected": (id, n) => ({
    ask: [requested(id), stored(id, n)],
    acts: [
      ...[...inParts(id, n), timedOut(id)],
      ...[...[1, 2].map((part) => partCollected(id, part)), collected(id, "🥪", n)],
    ],
    reply: { ...kept(id, "🥪", n), parts: 2 },
  }),
  "still queued": (id, n) => ({
    ask: [requested(id), stored(id, n)],
    acts: [timedOut(id), notCollected(id)],
    left: true,
  }),
  "no PubAck, and nothing": (id) => ({ ask: [requested(id)], acts: [timedOut(id)] }),
  "no PubAck, and executed": (id, n) => ({
    ask: [requested(id)],
    acts: [timedOut(id), ...worked(id, n)],
    ...ok(id, n),
  }),
  "no PubAck, and queued": (id) => ({ ask: [requested(id)], acts: [timedOut(id)], left: true }),
  refused: (id) => ({ ask: [requested(id), failed(id)], acts: [] }),
  "connection lost, and executed": (id, n) => ({
    ask: [requested(id), failed(id, true)],
    acts: worked(id, n),
    ...ok(id, n),
  }),
  "killed before its effect": (id, n) => ({
    ask: [requested(id), stored(id, n)],
    acts: [given(id, n), given(id, n, 2), executed(id, 2), replied(id, "🥪", n), acked(id)],
    ...ok(id, n),
  }),
  "killed after its reply": (id, n) => ({
    ask: [requested(id), stored(id, n)],
    acts: [
      given(id, n),
      executed(id),
      given(id, n, 2),
      { type: "already-answered", request: id, status: "ok" },
      acked(id),
    ],
    ...ok(id, n),
  }),
  "killed after its reply, unredelivered": (id, n) => ({
    ask: [requested(id), stored(id, n)],
    acts: [given(id, n), executed(id), received(id)],
    left: true,
    ...ok(id, n),
  }),
  "not on the menu": (id, n) => ({
    ask: [requested(id), stored(id, n)],
    acts: [given(id, n), { ...replied(id, "no such order", n), status: "rejected" }, terminated(id)],
    reply: { ...kept(id, "no such order", n), status: "rejected" },
  }),
  "cancelled in the queue": (id, n) => ({ ask: [requested(id), stored(id, n)], acts: [cancelled(id)] }),
  expired: (id, n) => ({ ask: [expiring(id), stored(id, n)], acts: [withdrawn(id, "expired")] }),
  "executed before its deadline": (id, n) => ({
    ask: [expiring(id), stored(id, n)],
    acts: worked(id, n),
    ...ok(id, n),
  }),
};

/** Up to eight requests; they are executed in the order in which they were stored. */
export const stories = fc
  .array(fc.constantFrom(...Object.keys(tales)), { minLength: 1, maxLength: 8 })
  .map((names) => names.map((name, i) => (tales[name] as Tell)(`r${i + 1}`, i + 1)));

/** All asked first, or each after the one before; then the streams are read. */
export function tell(all: readonly Story[], { askedFirst = false } = {}): Told[] {
  const told = askedFirst
    ? [...all.flatMap(({ ask }) => ask), ...all.flatMap(({ acts }) => acts)]
    : all.flatMap(({ ask, acts }) => [...ask, ...acts]);
  const left = all.flatMap((story) => (story.left ? [idOf(story)] : []));
  return [
    // The events come a millisecond apart.
    { type: "setup-applied", streams: ["REQUESTS", "REPLIES"], ackWaitMs: 1 },
    ...told,
    requestsRead(left, { pending: left.length, ackPending: 0 }),
    repliesRead(...all.flatMap(({ reply }) => reply ?? [])),
  ];
}

const idOf = ({ ask }: Story) => (ask[0] as { request: string }).request;
