// Validation of the streams beside those of the queues: names, copies, subjects and replicas that the server would refuse.
import { didYouMean } from "../common/did-you-mean.js";
import { queueNames } from "../protocol/queue-names.js";
import { overlap } from "../protocol/subject-patterns.js";
import type { QueueNames } from "../protocol/subjects.js";
import { type Path, quoted, type Report } from "./diagnostic.js";
import { allStreamsOf, streamsOf } from "./queues.js";
import type { OtherStreamFile } from "./schema-streams.js";
import type { ScenarioParts } from "./timeline-state.js";

export function validateStreams(parts: ScenarioParts, report: Report): void {
  const { queues, setup, streams, server } = parts;
  const names = queues.map(queueNames);
  const taken = names.flatMap(allStreamsOf);
  const known = [...(setup === "none" ? [] : names.flatMap(streamsOf)), ...streams.keys()];
  const stored: Stored[] = setup === "none" ? [] : names.flatMap(subjectsOf);
  for (const [name, stream] of streams) {
    const path: Path = ["streams", name];
    if (taken.includes(name))
      report(path, `Expected a name that no queue has, got ${quoted(name)}`, {
        at: "key",
        hint: "`setup` has its settings",
      });
    if (stream === undefined) continue;
    hasMessages(name, stream, path, report);
    copiesWhatIsThere(name, stream, known, path, report);
    storesItsOwn(name, stream, stored, path, report);
    const { nodes = 1 } = server ?? {};
    if (nodes > 1 && stream.replicas > nodes)
      report(
        [...path, "replicas"],
        `Expected at most one replica for each of ${nodes} servers, got ${stream.replicas}`,
      );
    if (nodes === 1 && stream.replicas > 1)
      report([...path, "replicas"], `Expected one replica on one server, got ${stream.replicas}`, {
        hint: "add `server: { nodes: 3 }`",
      });
  }
}

/** A mirror is nothing but a copy. */
function hasMessages(name: string, { subjects, mirror, sources }: OtherStreamFile, path: Path, report: Report): void {
  if (mirror === undefined && subjects === undefined && sources === undefined)
    report(path, `Expected ${name} to have \`subjects\`, \`sources\` or a \`mirror\``, { at: "key" });
  for (const [key, value] of Object.entries({ subjects, sources }))
    if (mirror !== undefined && value !== undefined)
      report([...path, key], `Expected no \`${key}\` in a mirror: it stores what ${mirror} stores`, { at: "key" });
}

function copiesWhatIsThere(
  name: string,
  { mirror, sources = [] }: OtherStreamFile,
  known: readonly string[],
  path: Path,
  report: Report,
): void {
  const origins: [Path, string][] = sources.map((source, i) => [[...path, "sources", i], source]);
  if (mirror !== undefined) origins.push([[...path, "mirror"], mirror]);
  const others = known.filter((one) => one !== name);
  for (const [place, origin] of origins)
    if (!others.includes(origin))
      report(place, `Expected another stream of the scenario, got ${quoted(origin)}`, {
        hint: didYouMean(origin, others, "known here"),
      });
}

interface Stored {
  subject: string;
  stream: string;
}

const subjectsOf = (names: QueueNames): Stored[] => [
  { subject: `${names.requestPrefix}>`, stream: names.requestStream },
  { subject: `${names.replyPrefix}>`, stream: names.replyStream },
  { subject: `${names.deadLetterPrefix}>`, stream: names.deadLetterStream },
];

/** The server refuses two streams that store one subject. Adds to `stored`. */
function storesItsOwn(name: string, { subjects = [] }: OtherStreamFile, stored: Stored[], path: Path, report: Report) {
  for (const [i, subject] of subjects.entries()) {
    const other = stored.find((one) => overlap(one.subject.split("."), subject.split(".")));
    if (other)
      report([...path, "subjects", i], `Expected subjects that no other stream stores, got ${quoted(subject)}`, {
        hint: `${other.stream} stores ${other.subject}: write \`sources: [${other.stream}]\` for a copy`,
      });
    stored.push({ subject, stream: name });
  }
}
