// The record and the streams, arranged by request: what each check reads.
import type { Contents, StoredMessage } from "../read-streams.js";
import type { Line } from "../record.js";
import type { Schedule } from "../schedule.js";

type LineOf<E extends Line["e"]> = Extract<Line, { e: E }>;

/** All that is known of one request id. */
export interface RequestFacts {
  id: string;
  asked: LineOf<"asked">[];
  ended: LineOf<"ended">[];
  parts: LineOf<"part">[];
  late: LineOf<"late">[];
  stored: LineOf<"stored">[];
  cancelAsked: LineOf<"cancel-asked">[];
  cancelled: LineOf<"cancelled">[];
  collected: LineOf<"collected">[];
  located: LineOf<"located">[];
  replayAsked: LineOf<"replay-asked">[];
  begun: LineOf<"begun">[];
  effects: LineOf<"effect">[];
  /** Replies in the mailboxes of the id, of any requester. */
  replies: StoredMessage[];
  replyParts: StoredMessage[];
  deadLetters: StoredMessage[];
  /** Still in REQUESTS. */
  queued: StoredMessage[];
}

/** A fault, from its begin to the moment when everything has recovered. */
export interface Interval {
  fault: string;
  /** `alice`, or `server` for each fault of a server. */
  target: string;
  from: number;
  to: number;
}

export interface History {
  schedule: Schedule;
  lines: Line[];
  contents: Contents;
  requests: RequestFacts[];
  faults: Interval[];
}

/** Milliseconds from the end of a server's fault until each client is connected again and each stream has a leader. */
const recoveryMs = { 1: 3_500, 3: 15_000 };

export function historyOf(schedule: Schedule, lines: Line[], contents: Contents): History {
  const found = new Map<string, RequestFacts>();
  const factsOf = (id: string): RequestFacts => {
    const facts = found.get(id) ?? noFacts(id);
    found.set(id, facts);
    return facts;
  };
  for (const line of lines) {
    if (!("id" in line)) continue;
    const list = lists[line.e];
    if (list) (factsOf(line.id)[list] as Line[]).push(line);
  }
  for (const message of contents.replies) {
    const [, , id = "", part] = message.subject.split(".");
    factsOf(id)[part === undefined ? "replies" : "replyParts"].push(message);
  }
  for (const message of contents.deadLetters)
    factsOf(message.headers["Dead-Letter-Request-Id"] ?? "").deadLetters.push(message);
  for (const message of contents.requests) {
    factsOf(message.headers["Request-Id"] || message.headers["Nats-Msg-Id"] || "").queued.push(message);
  }
  return { schedule, lines, contents, requests: [...found.values()], faults: faultsOf(schedule, lines) };
}

const noFacts = (id: string): RequestFacts => ({
  id,
  ...{
    asked: [],
    ended: [],
    parts: [],
    late: [],
    stored: [],
    cancelAsked: [],
    cancelled: [],
    collected: [],
    located: [],
  },
  ...{ replayAsked: [], begun: [], effects: [], replies: [], replyParts: [], deadLetters: [], queued: [] },
});

/** The list for each kind of line. */
const lists: Partial<Record<Line["e"], keyof RequestFacts>> = {
  ...{ asked: "asked", ended: "ended", part: "parts", late: "late", stored: "stored", "cancel-asked": "cancelAsked" },
  ...{
    cancelled: "cancelled",
    located: "located",
    collected: "collected",
    "replay-asked": "replayAsked",
    begun: "begun",
    effect: "effects",
  },
};

function faultsOf({ nodes }: Schedule, lines: Line[]): Interval[] {
  return lines.flatMap((line) => {
    if (line.e !== "fault") return [];
    const healed = lines.find(
      (l) => l.e === "healed" && l.fault === line.fault && l.target === line.target && l.t >= line.t,
    );
    const ofServer = !/-(requester|responder)$/.test(line.fault);
    const to = (healed?.t ?? Number.POSITIVE_INFINITY) + (ofServer ? recoveryMs[nodes] : 0);
    return [{ fault: line.fault, target: ofServer ? "server" : line.target, from: line.t, to }];
  });
}

/** Whether a server was away, or its clients or leaders were, at some moment between the two. */
export const serverFailed = ({ faults }: History, from: number, to: number) =>
  faults.some((fault) => fault.target === "server" && fault.from <= to && fault.to >= from);

/** When a process ended by a signal or with an error; undefined if it did not. */
export const killedAt = ({ lines }: History, by: string): number | undefined =>
  lines.find((line) => line.e === "exit" && line.process === by && line.code !== 0)?.t;

export const actorOf = (line: Line) => line.by.split(".")[0] as string;

export const statusOf = ({ headers }: StoredMessage) => headers["Reply-Status"] ?? "";
