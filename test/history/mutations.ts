// Mutations of recorded histories: what is missing, doubled, moved or changed, and what notices it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type CheckName, causalOrder, checks, type HistoryEvent, judge, recordFaults } from "../internal/history.js";

type Events = HistoryEvent[];
type Type = HistoryEvent["type"];

export interface Mutation {
  name: string;
  /** Undefined where the history has no such event. */
  apply(events: Events): Events | undefined;
}

/** The runs whose histories are changed. */
export const recordedRuns = [
  ...["offline-responder", "crash-before-reply", "crash-after-reply", "poison-order", "parts-collected"],
  ...["late-replies", "scale-out", "handler-throws", "duplicate-gets-original"],
];

/** The events of a run, in the order in which they were recorded. */
export function recorded(name: string): Events {
  const file = fileURLToPath(new URL(`../../docs/scenarios/runs/${name}.ndjson`, import.meta.url));
  const [, , ...lines] = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as HistoryEvent);
}

/** By actor and start: an actor that starts again counts from 1 in a new file. */
function filesOf(events: Events): Events[] {
  const files = new Map<string, Events>();
  const starts = new Map<string, number>();
  for (const event of events) {
    if (event.n === 1) starts.set(event.actor, (starts.get(event.actor) ?? 0) + 1);
    const key = `${event.actor} ${starts.get(event.actor)}`;
    files.set(key, [...(files.get(key) ?? []), event]);
  }
  return [...files.values()];
}

const chosen = (Object.keys(checks) as CheckName[]).filter((name) => name !== "reply-matches");

/** The names of the checks whose verdict is worse than on the unchanged history, and `the record` if it is broken. */
export function noticedBy(before: Events, after: Events): string[] {
  const verdicts = (events: Events) => judge(causalOrder([...events].sort((a, b) => a.t - b.t)), chosen);
  const was = new Map(verdicts(before).map(({ name, verdict, requests }) => [name, { verdict, requests }]));
  const faults = new Set(recordFaults(filesOf(before)));
  const record = recordFaults(filesOf(after)).some((fault) => !faults.has(fault)) ? ["the record"] : [];
  const worse = verdicts(after).filter(({ name, verdict, requests }) => {
    const old = was.get(name);
    if (verdict === "held") return false;
    return verdict !== old?.verdict
      ? verdict === "violated" || old?.verdict === "held"
      : requests.length > old.requests.length;
  });
  return [...record, ...worse.map(({ name, verdict }) => (verdict === "violated" ? name : `${name} (inconclusive)`))];
}

// The ways to change a history.

const findType = (events: Events, type: Type, more: (event: HistoryEvent) => boolean = () => true) =>
  events.findIndex((event) => event.type === type && more(event));

/** Numbered anew, as by one who hides the change. An actor that starts again has a first event again. */
function renumbered(events: Events): Events {
  const counts = new Map<string, { n: number; was: number }>();
  return events.map((event) => {
    const last = counts.get(event.actor);
    const again = last !== undefined && event.n === 1 && last.was !== 1;
    const n = last === undefined || again ? 1 : last.n + 1;
    counts.set(event.actor, { n, was: event.n });
    return { ...event, n };
  });
}

const changed = (type: Type, change: (event: never, events: Events) => object | undefined) => (events: Events) => {
  for (const [i, event] of events.entries()) {
    if (event.type !== type) continue;
    const more = change(event as never, events);
    if (more) return events.map((one, at) => (at === i ? ({ ...one, ...more } as HistoryEvent) : one));
  }
  return undefined;
};

const without = (i: number, events: Events) => (i < 0 ? undefined : renumbered(events.filter((_, at) => at !== i)));
const missing =
  (type: Type): Mutation["apply"] =>
  (events) =>
    without(findType(events, type), events);
const doubled =
  (type: Type): Mutation["apply"] =>
  (events) => {
    const i = findType(events, type);
    return i < 0 ? undefined : renumbered([...events.slice(0, i + 1), ...events.slice(i)]);
  };

/** The first event of this type of a request comes right before, or after, that of the other type. */
const moved =
  (type: Type, where: "before" | "after", other: Type): Mutation["apply"] =>
  (events) => {
    for (const event of events) {
      if (event.type !== type || !("request" in event)) continue;
      const of = (one: HistoryEvent) => "request" in one && one.request === event.request;
      const to = events.find((one) => one.type === other && of(one));
      if (!to || (where === "before" ? to.t >= event.t : to.t <= event.t)) continue;
      const rest = events.filter((one) => one !== event);
      const at = rest.indexOf(to) + (where === "after" ? 1 : 0);
      return renumbered([
        ...rest.slice(0, at),
        { ...event, t: to.t + (where === "after" ? 1 : -1) },
        ...rest.slice(at),
      ]);
    }
    return undefined;
  };

/** In the middle of a file, so that it leaves a gap. */
const inner = (events: Events) =>
  events.findIndex(
    (event) =>
      event.n > 1 && events.some(({ actor, n, t }) => actor === event.actor && n === event.n + 1 && t >= event.t),
  );

const replies = (change: (all: StoredReply[]) => StoredReply[] | undefined) =>
  changed("replies-read", (event: { replies: StoredReply[] }) => {
    const all = event.replies.length > 0 ? change(event.replies) : undefined;
    return all && { replies: all };
  });
type StoredReply = Extract<HistoryEvent, { type: "replies-read" }>["replies"][number];
const firstReply = (more: Partial<StoredReply>) =>
  replies(([first, ...rest]) => [{ ...(first as StoredReply), ...more }, ...rest]);

const otherRequest = (event: { request: string }, events: Events) => {
  const other = events.find((one) => one.type === "requested" && one.request !== event.request);
  return other && "request" in other ? { request: other.request } : undefined;
};

const ofFile = (name: string, apply: Mutation["apply"]): Mutation => ({ name, apply });

const types = [
  ...([
    "requested",
    "stored",
    "delivered",
    "executed",
    "replied",
    "acked",
    "received",
    "collected",
    "terminated",
  ] as const),
  ...(["dead-lettered", "timed-out", "part-replied", "part-collected", "already-answered"] as const),
  ...(["actor-started", "actor-stopped", "actor-crashed", "returned", "setup-applied"] as const),
];

/** Why a mutation goes unnoticed in some histories: there it is of no consequence. */
export const harmless: Readonly<Record<string, string>> = {
  "`stored` is missing":
    "Without its PubAck it is unknown whether a request is stored. Its delivery and its reply show that it was.",
  "`delivered` is missing": "The request was delivered again, and a killed responder may record no delivery.",
  "`executed` is missing": "An execution that is not recorded may have happened. Only recorded ones are judged.",
  "`acked` is missing":
    "An ack is not confirmed, so that it proves nothing when it is there, and its absence ends nothing.",
  "`received` is missing": "A requester may end before the reply arrives. The reply stream holds it.",
  "`collected` is missing": "A read of the mailbox changes nothing.",
  "`dead-lettered` is missing": "The reply `dead-lettered` shows the end of the request.",
  "`timed-out` is missing": "A time-out of the requester ends no request.",
  "`part-replied` is missing": "The parts that a requester receives are judged.",
  "`already-answered` is missing": "The stored reply shows that the request has its reply.",
  "`actor-started` is missing": "An actor is judged by its own events.",
  "`actor-stopped` is missing": "An actor is judged by its own events.",
  "`actor-crashed` is missing": "A kill excuses events that are missing, and none is missing without it.",
  "`returned` is missing": "The history has no ack wait that a delivery could come too early for.",
  "`setup-applied` is missing": "The checks of these runs need no ack wait.",
  "`requested` comes twice": "A request may be sent again under its id.",
  "`stored` comes twice": "A request that is sent again has a second PubAck with the same place.",
  "`replied` comes twice": "A reply is counted where it is stored and where it arrives, not where it is sent.",
  "`collected` comes twice": "A mailbox may be read again.",
  "`dead-lettered` comes twice":
    "The dead letter of an id is stored once. A second PubAck of it names the same message.",
  "`timed-out` comes twice": "A time-out of the requester ends no request.",
  "`part-replied` comes twice": "A part is counted where it arrives.",
  "`already-answered` comes twice": "It sends no reply and executes nothing.",
  "`acked` comes before `replied`": "The requester has received the reply before the ack: it was stored then.",
  "`delivered` comes before `stored`": "The PubAck can arrive after the delivery. The causal order has it before.",
  "`received` comes before `replied`":
    "The PubAck of a reply can arrive after the reply does. The causal order has it before.",
  "`received` has another payload":
    "The responder was killed after a delivery: replies to this request are compared by its id only.",
  "`received` has another status":
    "The responder was killed after a delivery: replies to this request are compared by its id only.",
  "`collected` has another payload":
    "The responder was killed after a delivery: replies to this request are compared by its id only.",
  "`collected` has another status":
    "The responder was killed after a delivery: replies to this request are compared by its id only.",
  "`stored` is of another request": "A request that is sent again after the duplicate window has a second place.",
  "`delivered` is from another place": "A request that was sent again may have a place that no PubAck names.",
  "a stored reply is dropped": "The reply arrived, and a reply stream keeps it for a limited time.",
};

export const mutations: Mutation[] = [
  ofFile("an event is lost from a file", (events) => events.filter((_, at) => at !== inner(events))),
  ofFile("an event is in a file twice", (events) => {
    const i = inner(events);
    return [...events.slice(0, i + 1), ...events.slice(i)];
  }),
  ofFile("an event is in the file of another actor", (events) =>
    events.map((event, at) => (at === inner(events) ? { ...event, actor: "mallory", n: 7 } : event)),
  ),
  ofFile("the time of an event goes back", (events) =>
    events.map((event, at) => (at === inner(events) ? { ...event, t: -1 } : event)),
  ),
  ofFile("the number of an event is changed", (events) =>
    events.map((event, at) => (at === inner(events) ? { ...event, n: event.n + 1 } : event)),
  ),
  ofFile("two events of an actor are exchanged", (events) => {
    const i = inner(events);
    const of = events[i] as HistoryEvent;
    const j = events.findIndex(({ actor, n, t }) => actor === of.actor && n === of.n + 1 && t >= of.t);
    return events.map((event, at) => (at === i ? (events[j] as HistoryEvent) : at === j ? of : event));
  }),
  ...types.map((type) => ({ name: `\`${type}\` is missing`, apply: missing(type) })),
  ...types
    .filter((type) => !/^actor|setup/.test(type))
    .map((type) => ({ name: `\`${type}\` comes twice`, apply: doubled(type) })),
  { name: "`requests-read` is missing", apply: missing("requests-read") },
  { name: "`replies-read` is missing", apply: missing("replies-read") },

  { name: "`acked` comes before `replied`", apply: moved("acked", "before", "replied") },
  { name: "`received` comes before `requested`", apply: moved("received", "before", "requested") },
  { name: "`executed` comes before `delivered`", apply: moved("executed", "before", "delivered") },
  { name: "`replied` comes before `executed`", apply: moved("replied", "before", "executed") },
  { name: "`executed` comes after `acked`", apply: moved("executed", "after", "acked") },
  { name: "`delivered` comes after `executed`", apply: moved("delivered", "after", "executed") },
  { name: "`delivered` comes before `stored`", apply: moved("delivered", "before", "stored") },
  { name: "`received` comes before `replied`", apply: moved("received", "before", "replied") },
  { name: "`stored` comes before `requested`", apply: moved("stored", "before", "requested") },

  { name: "`received` has another payload", apply: changed("received", () => ({ payload: "forged" })) },
  {
    name: "`received` has another status",
    apply: changed("received", ({ status }: { status: string }) => ({ status: status === "error" ? "ok" : "error" })),
  },
  { name: "`received` is of another request", apply: changed("received", otherRequest) },
  { name: "`received` is of a request that none sent", apply: changed("received", () => ({ request: "forged" })) },
  {
    name: "`received` is of another requester",
    apply: (events) => {
      const to = changed("received", () => ({ actor: "mallory", n: 1 }))(events);
      return to && renumbered(to);
    },
  },
  { name: "`collected` has another payload", apply: changed("collected", () => ({ payload: "forged" })) },
  { name: "`collected` has another status", apply: changed("collected", () => ({ status: "error" })) },
  { name: "`collected` is of another request", apply: changed("collected", otherRequest) },
  { name: "`replied` has another payload", apply: changed("replied", () => ({ payload: "forged" })) },
  { name: "`replied` has another status", apply: changed("replied", () => ({ status: "cancelled" })) },
  { name: "`replied` is of another request", apply: changed("replied", otherRequest) },
  {
    name: "`replied` has another place",
    apply: changed("replied", ({ sequence }: { sequence?: number }, events) =>
      events.some((one) => one.type === "replied" && one.sequence === (sequence ?? 0) + 1)
        ? { sequence: (sequence ?? 0) + 1 }
        : undefined,
    ),
  },
  {
    name: "`stored` has another place",
    apply: changed("stored", ({ duplicate }: { duplicate: boolean }) => (duplicate ? undefined : { sequence: 4711 })),
  },
  { name: "`stored` is of another request", apply: changed("stored", otherRequest) },
  { name: "`delivered` is from another place", apply: changed("delivered", () => ({ sequence: 4711 })) },
  { name: "`delivered` is of another request", apply: changed("delivered", otherRequest) },
  { name: "`delivered` has the number 0", apply: changed("delivered", () => ({ delivery: 0 })) },
  { name: "`delivered` has the number 50", apply: changed("delivered", () => ({ delivery: 50 })) },
  { name: "`executed` is of another request", apply: changed("executed", otherRequest) },
  { name: "`executed` is of a request that none sent", apply: changed("executed", () => ({ request: "forged" })) },
  { name: "`acked` is of another request", apply: changed("acked", otherRequest) },

  { name: "a stored reply is dropped", apply: replies(([, ...rest]) => rest) },
  {
    name: "a stored reply comes twice",
    apply: replies((all) => [...all, { ...(all[0] as StoredReply), sequence: 4711 }]),
  },
  { name: "a stored reply has another payload", apply: firstReply({ payload: "forged" }) },
  { name: "a stored reply has another status", apply: firstReply({ status: "cancelled" }) },
  { name: "a stored reply is of a request that none sent", apply: firstReply({ request: "forged" }) },
  {
    name: "a stored reply is in another mailbox",
    apply: replies(([first, ...rest]) => [{ ...(first as StoredReply), subject: "replies.mallory.x" }, ...rest]),
  },
  {
    name: "a stored reply is left out of the reading, and counted",
    apply: changed("replies-read", (event: { replies: StoredReply[] }) =>
      event.replies.length > 0 ? { replies: event.replies.slice(1), missing: 1 } : undefined,
    ),
  },
  {
    name: "an answered request is left in the stream",
    apply: changed("requests-read", ({ requests }: { requests: string[] }, events) => {
      const one = events.find((event) => event.type === "replied");
      return one && "request" in one ? { requests: [...requests, one.request], pending: 1, ackPending: 0 } : undefined;
    }),
  },
  {
    name: "a request is left that the consumer does not know",
    apply: changed("requests-read", ({ requests }: { requests: string[] }, events) => {
      const one = events.find((event) => event.type === "requested");
      return one && "request" in one ? { requests: [...requests, one.request], pending: 0, ackPending: 0 } : undefined;
    }),
  },
];
