// Each check: held, violated, inconclusive; and what must not fool it.
import { describe, expect, test } from "vitest";
import { type CheckName, checks, type EventBody, type Verdict } from "../internal/history.js";
import {
  acked,
  actorStarted,
  at,
  by,
  byHand,
  cancelled,
  collected,
  delivered,
  executed,
  failed,
  history,
  kept,
  last,
  notCollected,
  onWire,
  orphaned,
  partCollected,
  partReceived,
  partReplied,
  received,
  refused,
  removed,
  replied,
  repliesEnded,
  repliesRead,
  reported,
  requested,
  requestsRead,
  runStarted,
  sent,
  statusStored,
  stored,
  type Told,
  terminated,
  timedOut,
  turnAwaited,
  unawaited,
  withdrawn,
} from "../support/history.js";

const alreadyAnswered = (request: string): EventBody => ({ type: "already-answered", request, status: "ok" });

const aliceStopped: EventBody = { type: "actor-stopped", name: "alice", code: 0, signal: null };

type Case = [title: string, verdict: Verdict, events: Told[], requests?: string[]];

const twiceAsked = (second: EventBody) => [requested("r1"), received("r1"), requested("r1"), second];

const expiring = (request: string) => at(0, { ...requested(request), expires: true as const });
/** Ended at `ms`, having run for `ranMs`. */
const ran = (request: string, ms: number, ranMs: number) => at(ms, { ...executed(request), ranMs });
/** What a living requester is given, and then the last one. */
const live = (request: string, parts: number[]) => [
  ...parts.map((n) => partReceived(request, n)),
  repliesEnded(request, parts.length),
];
/** What one who comes back finds. */
const later = (request: string, parts: number[]) => [
  ...parts.map((n) => partCollected(request, n)),
  collected(request),
];
const queued = (...ids: string[]) => ids.flatMap((id, i) => [requested(id), stored(id, i + 1)]);

/** What a core requester gets where a stream has its subject: a PubAck in the reply's place. */
const captured = (request: string): EventBody => ({
  ...{ type: "puback-received", request, stream: "REQUESTS", sequence: 1 },
});

const replayedAs = (request: string, sequence: number): EventBody => ({
  ...{ type: "replayed", request, deadLetter: 1, stream: "REQUESTS", sequence },
});
const crashed = (name: string): EventBody => ({ type: "actor-crashed", name, signal: "SIGKILL" });
const lost: EventBody = { type: "disconnected", server: "x" };
const injected: EventBody = { type: "fault-injected", fault: "cut", id: 1, what: "" };
const healed: EventBody = { type: "fault-healed", fault: "cut", id: 1 };
const restarted: EventBody = { type: "server-restarted", server: "x" };
const setUp: EventBody = { type: "setup-applied", streams: ["REQUESTS"], ackWaitMs: 1000 };

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
    ["its stored reply found, its responder killed", "held", [stored("r1"), requestsRead([]), repliesRead(kept("r1"))]],
    ["gone", "violated", [stored("r1"), stored("r2"), replied("r2"), requestsRead([])], ["r1"]],
    ["acked with no reply", "violated", [stored("r1"), acked("r1"), requestsRead([])], ["r1"]],
    ["gone by the last reading", "violated", [stored("r1"), requestsRead(["r1"]), requestsRead([])], ["r1"]],
    ["no PubAck: nobody promised", "held", [requested("r1"), stored("r2"), requestsRead(["r2"])]],
    ["refused by the server", "held", [requested("r1"), failed("r1"), stored("r2"), requestsRead(["r2"])]],
    ["nothing stored", "inconclusive", [requested("r1"), requestsRead([])]],
    ["nobody waited, and it is queued", "held", [unawaited("r1"), stored("r1"), requestsRead(["r1"])]],
    ["nobody waited, and it is gone", "violated", [unawaited("r1"), stored("r1"), requestsRead([])], ["r1"]],
    ["it got no turn", "held", [turnAwaited("r1"), ...queued("r2"), requestsRead(["r2"])]],
    [
      "a core request that the stream captured, and that is gone",
      "held",
      [requested("r1", "lunch", "core"), captured("r1"), ...queued("r2"), requestsRead(["r2"])],
    ],
    ["stream not read", "inconclusive", [stored("r1"), replied("r1")], ["r1"]],
  ],
  "no-lost-replies": [
    ["received", "held", [sent("r1"), received("r1")]],
    ["in the reply stream", "held", [replied("r1"), repliesRead(kept("r1"))]],
    ["collected", "held", [replied("r1"), collected("r1"), repliesRead()]],
    ["inbox reply that nobody received", "violated", [sent("r1"), repliesRead()], ["r1"]],
    ["inbox reply, nothing read", "violated", [sent("r1")], ["r1"]],
    ["stored reply gone from the stream", "violated", [replied("r1"), repliesRead()], ["r1"]],
    ["stored reply, nothing read", "inconclusive", [replied("r1")], ["r1"]],
    ["heard where no call waits, and stored", "held", [replied("r1"), orphaned("r1"), repliesRead(kept("r1"))]],
    ["heard where no call waits, and not stored", "violated", [sent("r1"), orphaned("r1"), repliesRead()], ["r1"]],
    ["no replies", "inconclusive", [stored("r1"), repliesRead()]],
  ],
  "no-phantom-replies": [
    ["as given", "held", [requested("r1"), replied("r1"), received("r1"), repliesRead(kept("r1"))]],
    ["asked for by another client", "held", [byHand("r1"), replied("r1"), repliesRead(kept("r1"))]],
    ["core service without a history", "held", [requested("r1", "lunch", "core"), received("r1"), delivered("r2")]],
    [
      "killed before it could write `replied`",
      "held",
      [requested("r1"), delivered("r1"), delivered("r1", 2), refused("r1"), repliesRead(kept("r1"))],
    ],
    [
      "stored, and its PubAck lost",
      "held",
      [
        ...[requested("r1"), delivered("r1"), executed("r1")],
        { type: "reply-refused", request: "r1", reason: "No PubAck for the reply before the connection broke" },
        ...[delivered("r1", 2), alreadyAnswered("r1"), acked("r1"), received("r1"), repliesRead(kept("r1"))],
      ],
    ],
    [
      "kept in memory, stored again, and another payload found",
      "violated",
      [
        ...[requested("r1"), delivered("r1"), executed("r1")],
        { type: "not-stored", request: "r1", reason: "no leader" },
        ...[replied("r1"), acked("r1"), repliesRead(kept("r1", "🥯"))],
      ],
      ["r1"],
    ],
    [
      "answered by a responder that records nothing, beside one that does",
      "held",
      [
        ...[actorStarted("bob", "responder"), actorStarted("quiet", "responder"), requested("r1"), requested("r2")],
        ...[delivered("r1"), replied("r1"), received("r1"), received("r2", "🍵"), repliesRead(kept("r1"))],
      ],
    ],
    [
      "answered by none, where each responder records",
      "violated",
      [
        ...[actorStarted("bob", "responder"), requested("r1"), requested("r2")],
        ...[delivered("r1"), replied("r1"), received("r1"), received("r2", "🍵"), repliesRead(kept("r1"))],
      ],
      ["r2"],
    ],
    [
      "withdrawn by a requester that ended before it recorded that",
      "held",
      [
        ...[requested("r1"), delivered("r2"), aliceStopped],
        repliesRead({ ...kept("r1", "by alice"), status: "cancelled" }),
      ],
    ],
    [
      "withdrawn at the time-out by a requester that ended before it recorded the PubAck",
      "held",
      [
        ...[requested("r1"), delivered("r2"), { ...timedOut("r1"), status: "cancelled" as const }, aliceStopped],
        repliesRead({ ...kept("r1", "by alice"), status: "cancelled" }),
      ],
    ],
    [
      "answered by none, whose requester ended",
      "violated",
      [...[requested("r1"), delivered("r2"), aliceStopped], repliesRead(kept("r1"))],
      ["r1"],
    ],
    [
      "its requester's own word",
      "held",
      [
        requested("r1"),
        delivered("r2"),
        statusStored("r1"),
        repliesRead({ ...kept("r1", "by alice"), status: "cancelled" }),
      ],
    ],
    ["no PubAck, and answered", "held", [requested("r1"), failed("r1", true), replied("r1"), received("r1")]],
    ["certainly not stored", "violated", [requested("r1"), failed("r1"), replied("r1"), received("r1")], ["r1"]],
    [
      "it got no turn, and was never sent",
      "violated",
      [turnAwaited("r1"), replied("r1"), repliesRead(kept("r1"))],
      ["r1"],
    ],
    ["never requested", "violated", [requested("r1"), replied("r2"), received("r2")], ["r2"]],
    ["other words", "violated", [requested("r1"), delivered("r1"), replied("r1"), received("r1", "🥯")], ["r1"]],
    [
      "other status",
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
    ["no replies", "inconclusive", [requested("r1"), repliesRead()]],
  ],
  "no-duplicate-replies": [
    [
      "received, stored and collected twice",
      "held",
      [replied("r1"), received("r1"), collected("r1"), collected("r1"), repliesRead(kept("r1"))],
    ],
    [
      "received, and heard again where no call waits",
      "held",
      [replied("r1"), received("r1"), orphaned("r1"), repliesRead(kept("r1"))],
    ],
    [
      "two replies to an inbox, of which one no call waits for",
      "violated",
      [requested("r1", "lunch", "inbox"), received("r1"), orphaned("r1")],
      ["r1"],
    ],
    ["two stored", "violated", [repliesRead(kept("r1"), kept("r1", "🥪", 2))], ["r1"]],
    ["two received", "violated", [received("r1"), received("r1")], ["r1"]],
    ["asked twice, the same received twice", "held", twiceAsked(received("r1"))],
    ["asked twice, another received", "violated", twiceAsked(received("r1", "🥯")), ["r1"]],
    ["asked twice, received thrice", "violated", [...twiceAsked(received("r1")), received("r1")], ["r1"]],
    ["collected another than received", "violated", [received("r1"), collected("r1", "🥯")], ["r1"]],
    ["collected two", "violated", [collected("r1"), collected("r1", "🥪", 2)], ["r1"]],
    ["stream not read", "inconclusive", [replied("r1"), received("r1")]],
    ["no replies", "inconclusive", [requested("r1"), repliesRead()]],
  ],
  "no-duplicate-executions": [
    ["once each", "held", [executed("r1"), executed("r2")]],
    ["redelivered, not executed again", "held", [delivered("r1"), delivered("r1", 2), executed("r1", 2)]],
    ["twice", "violated", [executed("r1"), executed("r1", 2), executed("r2")], ["r1"]],
    ["none", "inconclusive", [delivered("r1")]],
  ],
  "no-late-execution": [
    ["begun in time, and took long", "held", [expiring("r1"), at(900, delivered("r1")), ran("r1", 5000, 4100)]],
    ["begun after its deadline", "violated", [expiring("r1"), at(900, delivered("r1")), ran("r1", 1200, 50)], ["r1"]],
    [
      "given to it after its deadline",
      "violated",
      [expiring("r1"), at(1200, delivered("r1")), at(1200, executed("r1"))],
      ["r1"],
    ],
    ["too close to tell", "inconclusive", [expiring("r1"), ran("r1", 1060, 10)], ["r1"]],
    ["expired unexecuted", "held", [expiring("r1"), withdrawn("r1", "expired")]],
    ["after it was removed", "violated", [requested("r1"), removed("r1"), delivered("r1"), executed("r1")], ["r1"]],
    [
      "after it was removed, and asked for and removed once more later",
      "violated",
      [requested("r1"), removed("r1"), executed("r1"), requested("r1"), removed("r1")],
      ["r1"],
    ],
    [
      "published by hand, and begun before it was removed",
      "held",
      [byHand("r1"), delivered("r1"), executed("r1"), removed("r1")],
    ],
    ["after its cancel removed it", "violated", [requested("r1"), cancelled("r1"), executed("r1")], ["r1"]],
    ["begun before it was removed", "held", [requested("r1"), delivered("r1"), removed("r1"), executed("r1")]],
    ["removed, and asked for again", "held", [requested("r1"), removed("r1"), requested("r1"), executed("r1")]],
    ["asked for again without a deadline", "held", [expiring("r1"), at(1500, requested("r1")), ran("r1", 1600, 50)]],
    [
      "already running at its cancel",
      "inconclusive",
      [requested("r1"), { ...cancelled("r1"), withdrawn: "already-running" }, executed("r1")],
    ],
    ["answered, and nobody wrote down when", "inconclusive", [expiring("r1"), received("r1")], ["r1"]],
    ["no deadline", "inconclusive", [requested("r1"), executed("r1")]],
  ],
  "sources-agree": [
    ["as its link shows", "held", [onWire(replied("r1")), reported("r1", "replied")]],
    ["refused on its link", "held", [onWire(refused("r1")), { ...reported("r1", "replied"), status: "error" }]],
    ["an effect, which its link does not show", "held", [reported("r1", "executed")]],
    ["more than its link shows", "violated", [onWire(replied("r1")), reported("r1", "acked")], ["r1"]],
    [
      "more often than its link shows",
      "violated",
      [onWire(acked("r1")), reported("r1", "acked"), reported("r1", "acked")],
      ["r1"],
    ],
    ["as the link of another shows", "violated", [by("carol", onWire(acked("r1"))), reported("r1", "acked")], ["r1"]],
    [
      "another status than its link shows",
      "violated",
      [onWire(replied("r1")), { ...reported("r1", "replied"), status: "error" }],
      ["r1"],
    ],
    ["lost on its link", "held", [reported("r1", "acked", "wire"), reported("r1", "acked")]],
    [
      "said right before it was killed",
      "held",
      [reported("r1", "acked"), { type: "actor-crashed", name: "bob", signal: "SIGKILL" }],
    ],
    [
      "said of a request before the last line about it, and then killed",
      "violated",
      [reported("r1", "replied"), reported("r1", "acked"), { type: "actor-crashed", name: "bob", signal: "SIGKILL" }],
      ["r1"],
    ],
    [
      "said while it had no connection",
      "held",
      [by("bob", { type: "disconnected", server: "x" }), reported("r1", "acked"), by("bob", { type: "reconnected" })],
    ],
    ["an ack that the broker received of no actor", "violated", [reported("r1", "acked", "broker")], ["r1"]],
    ["a request that the broker received of no actor", "violated", [reported("r1", "requested", "broker")], ["r1"]],
    ["received as it was sent", "held", [requested("r1"), reported("r1", "requested", "broker")]],
    [
      "an ack that the broker did not receive",
      "violated",
      [runStarted("x"), onWire(acked("r1")), onWire(acked("r2")), reported("r2", "acked", "broker")],
      ["r1"],
    ],
    [
      "an ack that the broker did not receive, after a fault",
      "held",
      [
        ...[runStarted("x"), onWire(acked("r1")), onWire(acked("r2")), reported("r2", "acked", "broker")],
        { type: "fault-injected", fault: "cut", what: "cuts the link" },
      ],
    ],
    ["one source", "inconclusive", [requested("r1"), replied("r1")]],
    [
      "a broken record",
      "inconclusive",
      [reported("r1", "acked"), { type: "record-broken", name: "bob", at: "bob.own.jsonl:1", reason: "no event" }],
    ],
  ],
  "order-kept": [
    ["as stored", "held", [...queued("r1", "r2", "r3"), executed("r1"), executed("r2"), executed("r3")]],
    [
      "one overtakes two",
      "violated",
      [...queued("r1", "r2", "r3"), executed("r3"), executed("r1"), executed("r2")],
      ["r1", "r2"],
    ],
    ["executed again later", "held", [...queued("r1", "r2"), executed("r1"), executed("r2"), executed("r1", 2)]],
    [
      "two requesters",
      "inconclusive",
      [...queued("r1"), by("carol", requested("r2")), stored("r2", 2), executed("r2"), executed("r1")],
    ],
    [
      "no PubAck, its place known from the delivery",
      "violated",
      [
        requested("r0"),
        requested("r1"),
        stored("r1", 2),
        { ...delivered("r1"), sequence: 2 },
        executed("r1"),
        delivered("r0"),
        executed("r0"),
      ],
      ["r0"],
    ],
    ["places unknown", "inconclusive", [requested("r1"), requested("r2"), executed("r2"), executed("r1")]],
    ["one only", "inconclusive", [...queued("r1"), executed("r1")]],
  ],
  "parts-complete": [
    ["live, the last one heard before the parts are read", "held", [last("r1", 2), ...live("r1", [1, 2])]],
    ["none yielded", "held", [last("r1", 0), ...live("r1", [])]],
    ["collected", "held", [...later("r1", [1, 2]), repliesRead({ ...kept("r1"), parts: 2 })]],
    ["collected twice", "held", [...later("r1", [1, 2]), ...later("r1", [1, 2])]],
    [
      "killed in the middle, and collected by the next",
      "held",
      [
        ...[1, 2].map((n) => partReplied("r1", n)),
        partReceived("r1", 1),
        actorStarted("alice", "requester"),
        partCollected("r1", 1),
        actorStarted("alice", "requester"),
        ...later("r1", [1, 2]),
      ],
    ],
    [
      "its maximum reached, then collected",
      "held",
      [partReceived("r1", 1), repliesEnded("r1", 1, "maximum"), ...later("r1", [1, 2])],
    ],
    [
      "told that it is dead, replayed, and answered in more parts",
      "held",
      [
        partReplied("r1", 1),
        received("r1", "no oven", "dead-lettered"),
        ...live("r1", [1]),
        partReplied("r1", 2),
        ...later("r1", [1, 2]),
        repliesRead({ ...kept("r1"), parts: 2 }),
      ],
    ],
    ["who asks for one reply", "inconclusive", [partReplied("r1", 1), last("r1", 1)]],
    ["one short", "violated", [last("r1", 2), ...live("r1", [1])], ["r1"]],
    ["all missing", "violated", [last("r1", 2), ...live("r1", [])], ["r1"]],
    ["a gap", "violated", [last("r1", 3), ...live("r1", [1, 3])], ["r1"]],
    ["one twice", "violated", [last("r1", 2), ...live("r1", [1, 1, 2])], ["r1"]],
    ["out of order", "violated", [last("r1", 2), ...live("r1", [2, 1])], ["r1"]],
    ["a gap, and no end", "violated", [...[1, 3].map((n) => partReceived("r1", n))], ["r1"]],
    [
      "one nowhere to be had",
      "violated",
      [last("r1", 2), partReceived("r1", 1), repliesEnded("r1", 1, "missing-part")],
      ["r1"],
    ],
    [
      "one that the stream has let go of",
      "violated",
      [...[1, 2].map((n) => partReplied("r1", n)), { ...notCollected("r1"), missing: 1 }],
      ["r1"],
    ],
    [
      "one of those that reading found",
      "violated",
      [...later("r1", [1]), repliesRead({ ...kept("r1"), parts: 2 })],
      ["r1"],
    ],
    ["given up", "inconclusive", [partReceived("r1", 1), timedOut("r1")]],
    [
      "core answers",
      "inconclusive",
      [requested("r1", "prices", "core"), partReceived("r1", 1), repliesEnded("r1", 1, "maximum")],
    ],
    ["plain replies", "inconclusive", [received("r1"), collected("r2")]],
  ],
  "no-stuck-messages": [
    ["empty", "held", [requestsRead([])]],
    ["waiting", "held", [requestsRead(["r1", "r2"], { pending: 1, ackPending: 1 })]],
    ["max_deliver spent", "violated", [requestsRead(["r1", "r2"], { pending: 1, ackPending: 0 })], ["r1", "r2"]],
    ["no consumer asked", "inconclusive", [requestsRead(["r1"])], ["r1"]],
    ["not read", "inconclusive", [stored("r1")]],
  ],
  "reply-before-ack": [
    ["the reply first", "held", [replied("r1"), acked("r1")]],
    ["the ack first", "violated", [acked("r1"), replied("r1"), replied("r2"), acked("r2")], ["r1"]],
    ["an ack and no reply", "violated", [delivered("r1"), acked("r1")], ["r1"]],
    ["an ack after a second reply was refused", "held", [refused("r1"), acked("r1")]],
    ["terminated without a reply", "inconclusive", [terminated("r1")]],
    ["recorded by another process, by the clock", "held", [at(5, acked("r1")), at(3, received("r1"))]],
  ],
  "right-address": [
    ["in its own mailbox", "held", [requested("r1"), repliesRead(kept("r1"))]],
    ["received by its requester", "held", [requested("r1"), received("r1")]],
    [
      "in the mailbox of another requester",
      "violated",
      [requested("r1"), repliesRead({ ...kept("r1"), subject: "replies.mallory.r1" })],
      ["r1"],
    ],
    [
      "in the mailbox of another request",
      "violated",
      [requested("r1"), requested("r2"), repliesRead({ ...kept("r1"), subject: "replies.alice.r2" })],
      ["r1"],
    ],
    [
      "an id that is not a token",
      "held",
      [requested("a.b"), repliesRead({ ...kept("a.b"), subject: "replies.alice.a=2Eb" })],
    ],
    ["received by another requester", "violated", [requested("r1"), by("carol", received("r1"))], ["r1"]],
    ["collected by another requester", "inconclusive", [requested("r1"), by("carol", collected("r1"))]],
    ["of a request by hand", "inconclusive", [byHand("r1"), repliesRead(kept("r1"))]],
    [
      "in the stream that a requester's replies share",
      "inconclusive",
      [requested("r1"), repliesRead({ ...kept("r1"), subject: "shared-replies.alice" })],
    ],
  ],
  "no-storm": [
    ["delivered once", "held", [delivered("r1")]],
    ["delivered ten times", "held", [delivered("r1"), delivered("r1", 10)]],
    ["delivered eleven times", "violated", [delivered("r1", 11), delivered("r2")], ["r1"]],
    ["never delivered", "inconclusive", [stored("r1")]],
  ],
  "no-silent-end": [
    ["replied and acked", "held", [replied("r1"), acked("r1"), repliesRead()]],
    ["terminated, with a stored status", "held", [terminated("r1"), repliesRead(kept("r1"))]],
    ["terminated without a reply", "violated", [terminated("r1"), repliesRead()], ["r1"]],
    ["acked without a reply", "violated", [acked("r1"), replied("r2"), acked("r2"), repliesRead()], ["r1"]],
    ["the replies not read", "inconclusive", [acked("r1")], ["r1"]],
    ["nothing ended", "inconclusive", [delivered("r1"), repliesRead()]],
  ],
  "nothing-answered-left": [
    ["answered and gone", "held", [replied("r1"), requestsRead(["r2"]), repliesRead(kept("r1"))]],
    ["answered and still there", "violated", [replied("r1"), acked("r1"), requestsRead(["r1", "r2"])], ["r1"]],
    ["its stored reply found", "violated", [requestsRead(["r1"]), repliesRead(kept("r1"))], ["r1"]],
    [
      "replayed, and left",
      "held",
      [{ ...replied("r1"), status: "dead-lettered" }, replayedAs("r1", 2), replied("r2"), requestsRead(["r1"])],
    ],
    [
      "killed between the reply and the ack",
      "held",
      [delivered("r1"), replied("r1"), crashed("bob"), requestsRead(["r1"])],
    ],
    ["killed before it recorded its reply", "held", [delivered("r1"), requestsRead(["r1"]), repliesRead(kept("r1"))]],
    ["nothing answered", "inconclusive", [requestsRead(["r1"])]],
    ["not read", "inconclusive", [replied("r1")]],
  ],
  "reply-matches": [["no template", "inconclusive", [requested("r1"), received("r1")]]],
  "acks-honoured": [
    ["acked and gone", "held", [delivered("r1"), acked("r1"), at(9000, requestsRead([]))]],
    ["delivered again at once", "held", [delivered("r1"), acked("r1"), delivered("r1", 2), at(9000, requestsRead([]))]],
    ["delivered again later", "violated", [delivered("r1"), acked("r1"), at(9000, delivered("r1", 2))], ["r1"]],
    ["sent anew under its id", "held", [delivered("r1"), acked("r1"), at(9000, { ...delivered("r1"), sequence: 2 })]],
    ["left in the stream", "violated", [delivered("r1"), acked("r1"), at(9000, requestsRead(["r1"]))], ["r1"]],
    ["its sender was killed", "held", [delivered("r1"), acked("r1"), crashed("bob"), at(9000, delivered("r1", 2))]],
    [
      "another was killed",
      "violated",
      [delivered("r1"), acked("r1"), crashed("carol"), at(9000, delivered("r1", 2))],
      ["r1"],
    ],
    ["its connection was lost", "held", [delivered("r1"), acked("r1"), by("bob", lost), at(9000, delivered("r1", 2))]],
    [
      "a fault lasted",
      "held",
      [injected, at(4000, delivered("r1")), at(4001, acked("r1")), at(9000, delivered("r1", 2))],
    ],
    [
      "a fault was over",
      "violated",
      [injected, healed, at(4000, delivered("r1")), at(4001, acked("r1")), at(9000, delivered("r1", 2))],
      ["r1"],
    ],
    ["no ack", "inconclusive", [delivered("r1")]],
  ],
  "delivery-counts": [
    ["each number once", "held", [delivered("r1"), delivered("r1", 2), delivered("r2")]],
    ["one is missing", "held", [delivered("r1"), delivered("r1", 3)]],
    ["one comes twice", "violated", [delivered("r1"), delivered("r1"), delivered("r2")], ["r1"]],
    ["one is lower", "violated", [delivered("r1", 3), delivered("r1", 2)], ["r1"]],
    ["below 1", "violated", [delivered("r1", 0)], ["r1"]],
    ["of a second message", "held", [delivered("r1", 2), { ...delivered("r1"), sequence: 2 }]],
    ["the server was restarted", "held", [delivered("r1"), restarted, delivered("r1")]],
    ["recorded by its link, too", "held", [delivered("r1"), { ...delivered("r1"), source: "wire" } as Told]],
    ["nothing delivered", "inconclusive", [stored("r1")]],
  ],
  "ack-wait-kept": [
    ["after it", "held", [setUp, at(0, delivered("r1")), at(1010, delivered("r1", 2))]],
    ["before it", "violated", [setUp, at(0, delivered("r1")), at(400, delivered("r1", 2))], ["r1"]],
    [
      "before it, after a NAK",
      "held",
      [setUp, at(0, delivered("r1")), { type: "returned", request: "r1", reason: "" }, at(400, delivered("r1", 2))],
    ],
    ["before it, in a fault", "held", [setUp, injected, at(3, delivered("r1")), at(400, delivered("r1", 2))]],
    [
      "of another message",
      "inconclusive",
      [setUp, at(0, delivered("r1")), at(400, { ...delivered("r1", 2), sequence: 2 })],
    ],
    ["no second delivery", "inconclusive", [setUp, delivered("r1")]],
    ["an ack wait that is not known", "inconclusive", [delivered("r1"), at(9, delivered("r1", 2))]],
  ],
  "pubacks-true": [
    ["as confirmed", "held", [stored("r1"), delivered("r1"), replied("r1"), repliesRead(kept("r1"))]],
    ["two at one place", "violated", [stored("r1"), stored("r2")], ["r2"]],
    ["delivered from another place", "violated", [stored("r1", 7), delivered("r1")], ["r1"]],
    ["a duplicate elsewhere", "violated", [stored("r1"), { ...stored("r1", 2), duplicate: true }], ["r1"]],
    ["a duplicate of a lost PubAck", "held", [requested("r1"), { ...stored("r1", 2), duplicate: true }]],
    [
      "sent again after the duplicate window",
      "held",
      [requested("r1"), stored("r1"), requested("r1"), stored("r1", 2), delivered("r1")],
    ],
    ["replayed", "held", [stored("r1"), replayedAs("r1", 2), { ...delivered("r1"), sequence: 2 }]],
    ["the place of a reply holds another one", "violated", [replied("r1"), repliesRead(kept("r2"))], ["r1"]],
    ["a reply was changed", "violated", [replied("r1"), repliesRead(kept("r1", "🥯"))], ["r1"]],
    ["the reply is gone", "held", [replied("r1"), repliesRead()]],
    ["no PubAck", "inconclusive", [delivered("r1"), sent("r1")]],
  ],
};

for (const [name, list] of Object.entries(cases)) {
  describe(name, () => {
    test.each(list)("%s: %s", (_title, verdict, events, requests = []) => {
      const finding = checks[name as CheckName].judge(history(...events));
      expect(finding).toMatchObject({ verdict, requests });
      expect(finding.detail).toMatch(/^[^\n.]+$/);
    });
  });
}

test("a request may be executed as often as a scenario allows", () => {
  const events = history(executed("r1"), executed("r1", 2), executed("r2"));
  const check = checks["no-duplicate-executions"].judge;
  expect(check(events, { atMost: 2 })).toEqual({
    verdict: "held",
    detail: "2 requests executed at most 2 times, where 2 are allowed",
    requests: [],
  });
  expect(check([...events, ...history(executed("r1", 3))], { atMost: 2 })).toEqual({
    verdict: "violated",
    detail: "4 executions of 2 requests, 1 of them more than 2 times",
    requests: ["r1"],
  });
});

test("a reply is compared with the template of its order, also where two were exchanged", () => {
  const { judge } = checks["reply-matches"];
  const asks = (request: string, payload?: string): EventBody => ({
    ...requested(request),
    ...(payload && { payload }),
  });
  const echo = { replies: { "order-sandwich": "{payload} for {id}" } };
  const right = [asks("r1", "ham"), asks("r2", "egg"), received("r1", "ham for r1")];
  expect(judge(history(...right, received("r2", "egg for r2")), echo).verdict).toBe("held");
  expect(judge(history(...right, received("r2", "ham for r1")), echo)).toMatchObject({
    verdict: "violated",
    requests: ["r2"],
  });
  expect(judge(history(...right, repliesRead(kept("r2", "x"))), echo)).toMatchObject({
    verdict: "violated",
    requests: ["r2"],
  });
  expect(judge(history(...right, received("r2", "sold out", "error")), echo).verdict).toBe("held");
  expect(judge(history(asks("r1"), received("r1", "?")), echo).verdict).toBe("inconclusive");
  expect(judge(history(asks("r1"), received("r1", "🥪")), { replies: { "order-sandwich": "🥪" } }).verdict).toBe(
    "held",
  );
  expect(judge(history(asks("r1"), received("r1", "🥪")), { replies: { "order-bagel": "🥯" } }).verdict).toBe(
    "inconclusive",
  );
});
