// What an expectation can look at: `lunch`, `whereabouts.lunch`, `stream.REQUESTS.messages`, `latency.jobs.p99`. One line per kind.
import { advisoryKinds } from "../history/event.js";
import { percentiles } from "../history/latency.js";
import { deadLetterStream, replyStream, requestStream, responderConsumer } from "../protocol/names.js";
import { requestEvents } from "./events.js";
import { consumerFields, type Look, streamFields } from "./model.js";

const streams = [requestStream, replyStream, deadLetterStream];

/** The paths that need no name of the file's. */
export const fixedPaths = [
  ...streams.flatMap((stream) => streamFields.map((field) => `stream.${stream}.${field}`)),
  ...consumerFields.map((field) => `consumer.${responderConsumer}.${field}`),
  ...advisoryKinds.map((kind) => `advisory.${kind}`),
];

/** The ends of the paths that have a name of the file's in the middle. */
export const namedPaths = {
  events: requestEvents,
  duration: requestEvents,
  latency: percentiles,
} as const;

const namePattern = "[a-z][a-z0-9-]*";

/** For editors; `checkExpectation` knows which names there are. */
export const pathPattern = `^(${[
  namePattern,
  `whereabouts\\.${namePattern}`,
  ...fixedPaths.map((path) => path.replaceAll(".", "\\.")),
  ...["events", "duration"].map((kind) => `${kind}\\.${namePattern}\\.[a-z-]+`),
  `latency\\.${namePattern}\\.(${percentiles.map((one) => one.replace(".", "\\.")).join("|")})`,
].join("|")})$`;

/** `undefined` for a path that is none. Whether the names in it exist is checked elsewhere. */
export function parseLook(path: string): Look | undefined {
  const [kind = "", name = "", ...rest] = path.split(".");
  const field = rest.join(".");
  if (!path.includes(".")) return { kind: "outcome", of: path };
  if (kind === "whereabouts") return field === "" && name !== "" ? { kind, of: name } : undefined;
  if (kind in namedPaths) {
    const ends: readonly string[] = namedPaths[kind as keyof typeof namedPaths];
    // Events may also be an actor's; which of the two a name is, the file says.
    return kind === "events" || ends.includes(field) ? ({ kind, of: name, field } as Look) : undefined;
  }
  if (!fixedPaths.includes(path)) return undefined;
  return { kind, of: name, field } as Look;
}

/** Words for each request of a name, times in milliseconds; everything else is counted. */
export function unitOf({ kind }: Look): "outcome" | "time" | "count" {
  if (kind === "outcome" || kind === "whereabouts") return "outcome";
  return kind === "duration" || kind === "latency" ? "time" : "count";
}
