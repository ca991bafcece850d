// Headers on the wire: what a link shows of them, and which of them the protocol asks for.
import { count } from "../common/plural.js";
import { type Finding, held, inconclusive, violated } from "../history/checks/check.js";
import type { HistoryEvent } from "../history/event.js";
import { ofType } from "../history/select.js";
import { defaultNames } from "../protocol/queue-names.js";
import { requestIdIn } from "../protocol/subjects.js";

/** Each reply to a mailbox has the headers of docs/protocol.md, "A reply". */
export function headersOfReplies(events: readonly HistoryEvent[]): Finding {
  const replies = ofType(events, "replied", "reply-refused").filter(({ source }) => source === "wire");
  if (replies.length === 0) return inconclusive("the link shows no reply");
  // The files choose the ids of their requests, so that each has the header `Request-Subject`.
  const subjects = new Map(ofType(events, "requested").map(({ request, subject }) => [request, subject]));
  for (const { request, headers = {} } of replies) {
    const wrong = wrongHeader(request, headers, subjects.get(request));
    if (wrong) return violated(`the reply to ${request} has ${wrong}`, [request]);
  }
  return held(`${count(replies.length, "reply", "replies")} with the headers of the protocol`);
}

function wrongHeader(request: string, headers: Record<string, string>, subject: string | undefined) {
  const got = (name: string) => (headers[name] === undefined ? `no ${name}` : `${name}: ${headers[name]}`);
  const status = headers["Reply-Status"];
  if (headers["Request-Id"] !== request) return got("Request-Id");
  if (status === undefined) return got("Reply-Status");
  if (headers["Nats-Expected-Last-Subject-Sequence"] !== "0") return got("Nats-Expected-Last-Subject-Sequence");
  if (subject !== undefined && headers["Request-Subject"] !== subject) return got("Request-Subject");
  if (status === "ok") return undefined;
  if (!headers["Nats-Service-Error"]) return got("Nats-Service-Error");
  return /^\d{3}$/.test(headers["Nats-Service-Error-Code"] ?? "") ? undefined : got("Nats-Service-Error-Code");
}

/** The server refused the second reply because it was create-only, and not because of the limit of the stream. */
export function createOnlyReplies(events: readonly HistoryEvent[]): Finding {
  const refused = ofType(events, "reply-refused");
  const lax = refused.find(({ headers }) => headers?.["Nats-Expected-Last-Subject-Sequence"] !== "0");
  if (lax) return violated(`the reply to ${lax.request} is not create-only`, [lax.request]);
  return held(`${count(refused.length, "second reply", "second replies")} refused`);
}

/** Each request has the headers of docs/protocol.md, "A request". */
export function headersOfRequests(events: readonly HistoryEvent[]): Finding {
  const requests = ofType(events, "requested").filter(({ source }) => source === "wire");
  if (requests.length === 0) return inconclusive("the link shows no request");
  for (const { request, headers = {} } of requests) {
    const wrong = wrongRequestHeader(request, headers);
    if (wrong) return violated(`the request ${request} has ${wrong}`, [request]);
  }
  return held(`${count(requests.length, "request")} with the headers of the protocol`);
}

function wrongRequestHeader(request: string, headers: Record<string, string>): string | undefined {
  const { "Nats-Expected-Stream": stream = "absent", "Reply-To": address = "absent" } = headers;
  if (!headers["Nats-Msg-Id"]) return "no Nats-Msg-Id";
  if (stream !== defaultNames.requestStream) return `Nats-Expected-Stream: ${stream}`;
  const isOwn = /^replies\.[\w-]{1,64}\.[\w=-]+$/.test(address) && requestIdIn({ subject: address }) === request;
  return isOwn ? undefined : `Reply-To: ${address}`;
}
