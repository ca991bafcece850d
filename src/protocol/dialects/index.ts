// Dialects: the registry, in the order in which a message is read.
import { core } from "./core.js";
import type { Addressed, Dialect, IncomingMessage } from "./dialect.js";
import { kit } from "./kit.js";
import { nestjs, nestjs1 } from "./nestjs.js";
import { quarkus, quarkusMessage } from "./quarkus.js";
import { trialDialect } from "./trial.js";

export type { Addressed, Dialect, IncomingMessage } from "./dialect.js";

/**
 * Ours first, because it is the hot path; then the frameworks; then the trial, whose header any of them might pass on; core
 * last, because a header that names an address is more explicit than the message's own reply subject.
 */
export const dialects = [
  kit,
  nestjs,
  nestjs1,
  quarkus,
  quarkusMessage,
  trialDialect,
  core,
] as const satisfies Dialect[];

/** The reply address and the dialect of a request; undefined when no dialect finds an address. */
export function detect(msg: IncomingMessage): Addressed | undefined {
  for (const dialect of dialects) {
    const addressed = dialect.read(msg);
    if (addressed) return addressed;
  }
  return undefined;
}
