// Stored subjects: a stream that no longer takes a subject still holds its messages, and no consumer delivers them.
import type { JetStreamManager } from "@nats-io/jetstream";
import { ConfigurationDiffersError } from "../protocol/errors.js";
import { includes } from "../protocol/subject-patterns.js";
import { header } from "../protocol/subjects.js";
import type { Found } from "./diff.js";

/** What a schedule publishes to has to be a subject of the stream when it is due. */
const isSchedules = (pattern: string) => /(^|\.)scheduled\.\*\.\*$/.test(pattern);

/** Subjects that an error names at most. */
const mostNamed = 5;

/** Numbers of attempts are of no use without a shared consumer, and leave the stream with their age. */
const isAttempts = (pattern: string) => /(^|\.)attempts\.\*\.\*$/.test(pattern);

/** @throws ConfigurationDiffersError when a stream holds messages on subjects that the plan takes away from it. */
export async function refuseStranding(jsm: JetStreamManager, { part, held, differences }: Found): Promise<void> {
  const change = differences.find(({ field }) => field === "subjects");
  if (!change || held.messages === 0) return;
  const stays = (subject: string) =>
    (change.wanted as string[]).some((pattern) => includes(pattern.split("."), subject.split(".")));
  const stranded: string[] = [];
  for (const subject of ((change.actual ?? []) as string[]).filter((pattern) => !stays(pattern))) {
    if (isAttempts(subject)) continue;
    const { state } = await jsm.streams.info(part.stream, { subjects_filter: subject });
    for (const [name, count] of Object.entries(state.subjects ?? {}))
      if (!stays(name)) stranded.push(`${name} (${count})`);
  }
  for (const pattern of (change.wanted as string[]).filter(isSchedules)) {
    const { state } = await jsm.streams.info(part.stream, { subjects_filter: pattern });
    for (const name of Object.keys(state.subjects ?? {})) {
      const stored = await jsm.streams.getMessage(part.stream, { last_by_subj: name });
      const target = stored?.header.get(header.scheduleTarget);
      if (target && !stays(target)) stranded.push(`${target} (scheduled)`);
    }
  }
  if (stranded.length === 0) return;
  const more = stranded.length > mostNamed ? ` and ${stranded.length - mostNamed} more subjects` : "";
  throw new ConfigurationDiffersError(
    `${part.label} holds messages on ${stranded.slice(0, mostNamed).join(", ")}${more}, which it would take no more (subjects: ${(change.wanted as string[]).join(", ")}), and nothing was changed; let responders empty it first, or keep the subjects.`,
  );
}
