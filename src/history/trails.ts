// What happened to the requests that a check's verdict rests on: each one's events, short enough to be read.
import type { HistoryEvent } from "./event.js";
import type { CheckResult, Trail, TrailEvent } from "./result.js";

const mostTrails = 3;
/** Of a longer trail the beginning and the end: that is where a request gets lost. */
const first = 8;
const last = 4;

/** For a check's result; nothing where the verdict rests on no request. */
export function trailsOf(
  history: readonly HistoryEvent[],
  requests: readonly string[],
): Pick<CheckResult, "trails" | "moreTrails"> {
  if (requests.length === 0) return {};
  const trails = requests.slice(0, mostTrails).map((request) => trailOf(history, request));
  const more = requests.length - trails.length;
  return { trails, ...(more > 0 ? { moreTrails: more } : {}) };
}

function trailOf(history: readonly HistoryEvent[], request: string): Trail {
  const all = history.flatMap((event) => short(event, request));
  const omitted = all.length - first - last;
  if (omitted <= 0) return { request, events: all };
  return {
    request,
    events: [...all.slice(0, first), ...all.slice(-last)],
    omitted: { events: omitted, after: first },
  };
}

/** What reading the streams at the end found of a request belongs to its trail, too. */
function short(event: HistoryEvent, request: string): TrailEvent[] {
  const { t, actor, type } = event;
  if (event.type === "requests-read") {
    return event.requests.includes(request) ? [{ t, actor, type, note: `left in ${event.stream}` }] : [];
  }
  if (event.type === "replies-read") {
    const own = event.replies.filter((reply) => reply.request === request);
    return own.map((reply) => ({
      t,
      actor,
      type,
      note: `${reply.ending}, message ${reply.sequence} of ${event.stream}`,
    }));
  }
  if (!("request" in event) || event.request !== request) return [];
  const note = noteOf(event);
  return [{ t, actor, type, ...(note === undefined ? {} : { note }) }];
}

function noteOf(event: HistoryEvent): string | undefined {
  switch (event.type) {
    case "stored":
    case "published-request":
      return `message ${event.sequence}${event.duplicate ? ", a duplicate" : ""}`;
    case "replayed":
      return `message ${event.sequence}`;
    case "delivered":
      return event.delivery > 1 ? `delivery ${event.delivery}` : undefined;
    case "part-replied":
      return `part ${event.part}`;
    case "part-received":
    case "part-collected":
      return cut(`part ${event.part}: ${event.payload}`);
    case "replies-ended":
      return `by ${event.by}`;
    case "timed-out":
      return event.withdrawn ?? event.whereabouts;
    case "withdrawn":
      return event.withdrawn;
    case "received":
    case "collected":
    case "replied":
      return cut(`${event.ending} ${event.payload}`.trimEnd());
    case "terminated":
    case "returned":
    case "reply-refused":
    case "not-collected":
    case "dead-lettered":
      return cut(event.reason);
    case "request-failed":
      return cut(event.error);
    default:
      return undefined;
  }
}

const cut = (text: string) => {
  const characters = [...text];
  return characters.length > 40 ? `${characters.slice(0, 39).join("")}…` : text;
};
