// PubAcks true: a message is where its PubAck says (ADR-1, PubAck: the stream, the sequence, and whether it is a duplicate).
import { count } from "../../common/plural.js";
import type { HistoryEvent } from "../event.js";
import { lastReadings, ofType } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const pubacksTrue: Check = {
  promise: "Every request and every reply is at the place in the stream that its PubAck names.",
  violated:
    "Two requests have one place, a duplicate has another place than its original, a request was delivered from a place that " +
    "no PubAck names, or the place of a reply holds another one. After a loss of stored messages the server gives their places " +
    "again, which is a violation, too.",
  inconclusive: "There is no PubAck.",
  reads: ["replies-read"],
  judge: (history) => {
    const placed = ofType(history, "stored", "published-request", "replayed");
    const replied = ofType(history, "replied", "status-stored").filter(({ sequence }) => sequence !== undefined);
    if (placed.length + replied.length === 0) return inconclusive("there is no PubAck to judge");
    const wrong = new Set([...wrongRequests(history), ...wrongReplies(history)]);
    const pubAcks = count(placed.length + replied.length, "PubAck");
    if (wrong.size > 0) return violated(`${count(wrong.size, "message")} of ${pubAcks} elsewhere`, [...wrong]);
    return held(`${pubAcks}, each with its message at the place that it names`);
  },
};

function wrongRequests(history: readonly HistoryEvent[]): string[] {
  const wrong: string[] = [];
  const owners = new Map<string, string>();
  /** One place is the rule; a request that is sent again after the duplicate window has several. */
  const places = new Map<string, number | number[]>();
  for (const event of ofType(history, "stored", "published-request", "replayed")) {
    const { request, stream, sequence } = event;
    const owner = owners.get(`${stream} ${sequence}`);
    if (owner !== undefined && owner !== request) wrong.push(request);
    owners.set(`${stream} ${sequence}`, request);
    const known = listOf(places.get(request));
    const duplicate = event.type !== "replayed" && event.duplicate === true;
    // The original's PubAck may be lost.
    if (duplicate && known.length > 0 && !known.includes(sequence)) wrong.push(request);
    if (!known.includes(sequence)) places.set(request, known.length === 0 ? sequence : [...known, sequence]);
  }
  // A request whose PubAck was lost, and that was sent again, may have a place that none names.
  const sent = new Set<string>();
  const sentAgain = new Set<string>();
  for (const { request } of ofType(history, "requested")) {
    if (sent.has(request)) sentAgain.add(request);
    sent.add(request);
  }
  for (const { request, sequence } of ofType(history, "delivered")) {
    const known = listOf(places.get(request));
    if (known.length > 0 && !known.includes(sequence) && !sentAgain.has(request)) wrong.push(request);
  }
  return wrong;
}

const listOf = (places: number | number[] | undefined): readonly number[] =>
  typeof places === "number" ? [places] : (places ?? []);

function wrongReplies(history: readonly HistoryEvent[]): string[] {
  const kept = new Map<string, { request: string; status: string; payload: string }>();
  for (const reading of lastReadings(history))
    if (reading.type === "replies-read")
      for (const reply of reading.replies) kept.set(`${reading.stream} ${reply.sequence}`, reply);
  return ofType(history, "replied", "status-stored").flatMap(({ request, status, payload, stream, sequence }) => {
    const found = sequence === undefined ? undefined : kept.get(`${stream} ${sequence}`);
    if (!found) return [];
    const same = found.request === request && found.status === status && found.payload === payload;
    return same ? [] : [request];
  });
}
