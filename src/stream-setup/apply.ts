// Brings a server to the plan: creates what is missing, reports what differs, deletes nothing.

import type { JetStreamManager } from "@nats-io/jetstream";
import { ConfigurationDiffersError } from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";
import {
  askAgain,
  type Difference,
  describeDifference,
  type Found,
  look,
  type Part,
  partsOf,
  wouldDiscard,
} from "./diff.js";
import { planFor, type SetupPlan } from "./plan.js";

export interface SetupReport {
  created: string[];
  updated: string[];
  unchanged: string[];
}

export interface ApplyOptions {
  /** Change what differs, as far as the server allows and no stored message is lost. Default false. */
  update?: boolean;
}

/**
 * Idempotent, also for two at once. Everything is looked at before anything is changed, so a difference, or something
 * else in the way, leaves the server as it was.
 * @throws ConfigurationDiffersError with every differing field, unless `update` may change it.
 */
export async function applySetup(
  jsm: JetStreamManager,
  plan: SetupPlan,
  options: ApplyOptions = {},
): Promise<SetupReport> {
  const found = await Promise.all(partsOf(jsm, planFor(jsm, plan)).map((part) => look(part)));
  refuseObstacles(found);
  if (!options.update) refuseDifferences(found);
  for (const f of found) refuseDiscarding(f);
  const report: SetupReport = { created: [], updated: [], unchanged: [] };
  for (const f of found) report[await bring(f)].push(f.part.label);
  return report;
}

function refuseObstacles(found: Found[]): void {
  const blocked = found.flatMap(({ part, obstacle }) => (obstacle ? [`${part.label}: ${obstacle}`] : []));
  if (blocked.length === 0) return;
  throw new ConfigurationDiffersError(
    `Something else is in the way, and nothing was changed; move or remove it, or use another account:${list(blocked)}`,
  );
}

function refuseDifferences(found: Found[]): void {
  const lines = found.flatMap((f) => f.differences.map((d) => `${f.part.label}: ${describeDifference(d)}`));
  if (lines.length === 0) return;
  throw new ConfigurationDiffersError(
    `The server has another configuration, and nothing was changed (jsrr setup --update changes what the server allows):${list(lines)}`,
  );
}

const list = (lines: string[]) => lines.map((line) => `\n  ${line}`).join("");

function refuseDiscarding({ part, messages, differences }: Found): void {
  const discarding = differences.filter(wouldDiscard);
  if (messages === 0 || discarding.length === 0) return;
  const held = messages === 1 ? "1 message" : `${messages} messages`;
  throw new ConfigurationDiffersError(
    `${part.label} holds ${held}, which a smaller limit could delete (${inWords(discarding)}), and nothing was changed; empty it first, or change it yourself.`,
  );
}

async function bring({ part, config, differences }: Found): Promise<keyof SetupReport> {
  try {
    if (!config) {
      await askAgain(() => part.create());
      return "created";
    }
    if (differences.length === 0) return "unchanged";
    await part.update({ ...config, ...part.wanted });
    return "updated";
  } catch (error) {
    throw refusal(part, differences, error);
  }
}

function refusal(part: Part, differences: Difference[], error: unknown): Error {
  const told = fromClientError(part.label, error);
  if (differences.length === 0 || told.code !== "server-refused") return told;
  return new ConfigurationDiffersError(
    `${told.message.replace(/\.$/, "")}; it cannot be changed from here (${inWords(differences)}): keep it, or remove it and run \`jsrr setup\` again.`,
    { cause: error },
  );
}

const inWords = (differences: Difference[]) => differences.map(describeDifference).join("; ");
