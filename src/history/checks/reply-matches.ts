// Reply matches: the reply to each order is the one that a scenario states, so that replies that were exchanged are found.
import { count } from "../../common/plural.js";
import type { HistoryEvent } from "../event.js";
import { ofType, storedReplies } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const replyMatches: Check = {
  promise: "Every reply with the status `ok` has the payload that the template of its order states.",
  violated:
    "The payload of a reply differs from the template. In a template, `{payload}` is the payload of the request, and `{id}` its " +
    "id. Replies with another status, and orders without a template, are not judged.",
  inconclusive:
    "No order with a template has a reply. Or its template has `{payload}`, and the payload of the request is not recorded, because it has more than 1,024 characters.",
  reads: ["replies-read"],
  parameters: { replies: 'the template of each order, such as `{ order-echo: "{payload}" }`' },
  judge: (history, { replies: templates = {} } = {}) => {
    const asked = askedFor(history);
    const all = [...ofType(history, "received", "collected"), ...(storedReplies(history) ?? [])];
    const wrong: string[] = [];
    const unknown: string[] = [];
    const judged = new Set<string>();
    for (const { request, status, payload } of all) {
      const { order, payload: sent } = asked.get(request) ?? {};
      const template = order === undefined || status !== "ok" ? undefined : templates[order];
      if (template === undefined) continue;
      judged.add(request);
      const payloads = sent ?? (template.includes("{payload}") ? [] : [""]);
      const wanted = payloads.map((text) =>
        template.replaceAll("{payload}", () => text).replaceAll("{id}", () => request),
      );
      if (wanted.length === 0) unknown.push(request);
      else if (!wanted.includes(payload)) wrong.push(request);
    }
    const replies = count(judged.size, "reply", "replies");
    if (wrong.length > 0) {
      const ids = [...new Set(wrong)];
      return violated(`${ids.length} of ${replies} differ from the template`, ids);
    }
    if (unknown.length > 0) return inconclusive("the payload of a request is not recorded", [...new Set(unknown)]);
    if (judged.size === 0) return inconclusive("no order with a template has a reply");
    return held(`${replies} as the templates state`);
  },
};

interface Asked {
  /** The last part of its subject. */
  order: string;
  /** Absent: not recorded. A request that is sent again under its id may have another one. */
  payload?: string[];
}

function askedFor(history: readonly HistoryEvent[]): Map<string, Asked> {
  const asked = new Map<string, Asked>();
  const shared = new Map<string, Asked>();
  for (const event of ofType(history, "requested", "published-request")) {
    const order = event.subject.slice(event.subject.lastIndexOf(".") + 1);
    const payload = event.type === "requested" ? event.payload : undefined;
    const known = asked.get(event.request);
    if (known) {
      if (payload !== undefined && !known.payload?.includes(payload))
        asked.set(event.request, { order, payload: [...(known.payload ?? []), payload] });
      continue;
    }
    // Thousands of requests have few payloads: one object of each.
    const key = JSON.stringify([order, payload]);
    const one = shared.get(key) ?? { order, ...(payload !== undefined && { payload: [payload] }) };
    if (shared.size < mostShared) shared.set(key, one);
    asked.set(event.request, one);
  }
  return asked;
}

const mostShared = 1_000;
