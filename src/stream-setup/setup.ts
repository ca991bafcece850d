// Set-up of a server: creates the streams and consumers that are missing, reports or updates those that differ, and deletes no stream.
import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { count } from "../common/plural.js";
import { jetStreamManager } from "../connection/jetstream.js";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { ConfigurationDiffersError } from "../protocol/errors.js";
import { type QueueOptions, queueNames, queueOfStream } from "../protocol/queue-names.js";
import { fromClientError } from "../protocol/server-error.js";
import type { QueueNames } from "../protocol/subjects.js";
import { inUpdateOrder, type ObsoleteConsumer, obsoleteConsumers, refuseInHand } from "./consumer-changes.js";
import {
  askAgain,
  type Difference,
  describeChange,
  describeDifference,
  type Found,
  isConsumer,
  look,
  type Part,
  partsOf,
  withWanted,
  wouldDiscard,
} from "./diff.js";
import { keepingUnnamed } from "./kept-settings.js";
import { whyTakenElsewhere } from "./other-domain.js";
import { planFor, planSetup, type SetupOptions, type SetupPlan, type StreamPlan, setupOptionNames } from "./plan.js";
import { sizesWithin } from "./sizes.js";
import { refuseStranding } from "./stored-subjects.js";

/** What a set-up did, by name: `stream REQUESTS`, `consumer responder on REQUESTS`. */
export interface SetupReport {
  created: string[];
  updated: string[];
  unchanged: string[];
  /** Consumers of an earlier set-up. Their requests stay stored, and are delivered by the other consumers. */
  removed: string[];
  /** With `dryRun`: each change in words, old -> new. The other lists then say what would be done. */
  changes?: string[];
}

/** Whether a set-up may change what is there. */
export interface ApplyOptions extends Pick<QueueOptions, "domain" | "apiPrefix"> {
  /**
   * Change what differs, as far as the server allows and no stored message is lost. `setup` changes what its options name, and what the
   * kit cannot work without; a setting that no option names stays. `applySetup` changes all that the plan has. Default: false.
   */
  update?: boolean;
  /** Compare, and change nothing: the report says what would be done. Default: false. */
  dryRun?: boolean;
}

const applyOptionNames = {
  ...{ update: true, dryRun: true, domain: true, apiPrefix: true },
} satisfies OptionNames<ApplyOptions>;

/**
 * Creates the streams REQUESTS, REPLIES and DEAD_LETTERS and the durable consumer `responder`, where they are missing. It may run
 * again, and in several processes at once. Everything is compared before anything is changed: if something differs or is in the
 * way, the server stays as it was.
 *
 * A new stream gets a size (`max_bytes`) if the account's storage is limited: REQUESTS 60 % of what is left, REPLIES 30 %, DEAD_LETTERS
 * 10 %. A full queue then refuses new requests, and their replies still fit. Set-up keeps the size of a stream that exists.
 *
 * @throws ConfigurationDiffersError with every field that differs, unless `update` may change it. With `update`: for a limit
 * whose change could delete stored messages, and for a change that the server refuses.
 * @throws InvalidInputError for an option out of its range; JetStreamUnavailableError, NotPermittedError, NoAnswerError when
 * the server does not answer within 5 s, and the
 * server's other errors.
 * @example
 * await setup(nc);
 * await setup(nc, { maxDeliver: 5, update: true });
 */
export async function setup(nc: NatsConnection, options: SetupOptions & ApplyOptions = {}): Promise<SetupReport> {
  const known = { ...setupOptionNames, ...applyOptionNames };
  const { update, dryRun, ...planOptions } = checkOptions("setup", options, known);
  const plan = planSetup(planOptions);
  return apply(nc, queueNames(planOptions), plan, { update, dryRun }, planOptions);
}

/**
 * {@link setup} with a plan, for teams that keep the configuration in git: write `planSetup()` as JSON, review it, and apply the
 * file.
 *
 * @throws as {@link setup}.
 * @example
 * await applySetup(nc, JSON.parse(await readFile("jetstream.json", "utf8")), { update: true });
 */
export async function applySetup(
  nc: NatsConnection,
  plan: SetupPlan,
  options: ApplyOptions = {},
): Promise<SetupReport> {
  checkOptions("applySetup", options, applyOptionNames);
  return apply(nc, namesOf(plan, options), plan, options);
}

/** `named`: the options that the plan was made with; an update keeps what none of them names. */
async function apply(
  nc: NatsConnection,
  names: QueueNames,
  plan: SetupPlan,
  options: Pick<ApplyOptions, "update" | "dryRun">,
  named?: SetupOptions,
): Promise<SetupReport> {
  const jsm = await jetStreamManager(nc, names);
  const all = await Promise.all(partsOf(jsm, planFor(nc, plan)).map((part) => look(part)));
  const others = await obsoleteConsumers(jsm, all);
  const keepsUnnamed = named !== undefined && Boolean(options.update);
  const keepsConsumers = keepsUnnamed && named.consumers === undefined && others.length > 0;
  if (keepsConsumers) requireNamedConsumers(named, others);
  const obsolete = keepsConsumers ? [] : others;
  const found = keepsUnnamed
    ? all
        .filter(({ part }) => !keepsConsumers || !isConsumer(part))
        .map((one) => keepingUnnamed(one, names, named, plan, keepsConsumers))
    : all;
  refuseObstacles(found);
  await refuseSecondStreams(nc, found);
  if (!options.update) refuseDifferences(names, found, obsolete);
  for (const f of found) refuseDiscarding(f);
  for (const f of found) await refuseStranding(jsm, f);
  refuseInHand(obsolete);
  const ordered = inUpdateOrder(found);
  const report: SetupReport = { created: [], updated: [], unchanged: [], removed: [] };
  if (options.dryRun) return planned(ordered, obsolete, report);
  const sizeOf = await defaultSizes(jsm, plan, found);
  for (const { label, remove } of obsolete) {
    await remove();
    report.removed.push(label);
  }
  for (const f of ordered) report[await bring(names, f, sizeOf)].push(f.part.label);
  return report;
}

/** The queue has several consumers, and an option is about one. */
function requireNamedConsumers(named: SetupOptions, others: readonly ObsoleteConsumer[]): void {
  const about = (["ackWaitMs", "maxDeliver", "maxAckPending", "shared"] as const).filter(
    (name) => named[name] !== undefined,
  );
  if (about.length === 0) return;
  throw new ConfigurationDiffersError(
    `The queue has ${others.map(({ label }) => label).join(", ")}, and nothing was changed: to set ${about.join(", ")}, name its consumers and their subjects, too (consumers, --consumer).`,
  );
}

/** What would be done. */
function planned(found: readonly Found[], obsolete: readonly ObsoleteConsumer[], report: SetupReport): SetupReport {
  const changes: string[] = [];
  for (const { label } of obsolete) {
    report.removed.push(label);
    changes.push(`remove ${label}`);
  }
  for (const { part, config, differences } of found) {
    report[!config ? "created" : differences.length > 0 ? "updated" : "unchanged"].push(part.label);
    if (!config) changes.push(`create ${part.label}`);
    for (const difference of differences) changes.push(`update ${part.label}: ${describeChange(difference)}`);
  }
  return { ...report, changes };
}

function refuseObstacles(found: Found[]): void {
  const blocked = found.flatMap(({ part, obstacle }) => (obstacle ? [`${part.label}: ${obstacle}`] : []));
  if (blocked.length === 0) return;
  throw new ConfigurationDiffersError(
    `Something else is in the way, and nothing was changed; move or remove it, or use another account:${list(blocked)}`,
  );
}

/** A plan names its streams, and not its queue. For the API prefix and the advice: the streams have the names of the plan. */
function namesOf({ consumers: [first] }: SetupPlan, { domain, apiPrefix }: ApplyOptions): QueueNames {
  return queueNames({ ...queueOfStream(first?.stream ?? ""), domain, apiPrefix });
}

/** @throws ConfigurationDiffersError when another domain or account has a stream that is missing here. */
async function refuseSecondStreams(nc: NatsConnection, found: Found[]): Promise<void> {
  const missing = found.filter(({ part, config }) => !config && "subjects" in part.wanted);
  const reasons = await Promise.all(missing.map(({ part }) => whyElsewhere(nc, part)));
  const conflicts = reasons.flatMap((reason, n) => (reason ? [`${missing[n]?.part.label}: ${reason}`] : []));
  if (conflicts.length === 0) return;
  throw new ConfigurationDiffersError(`The queue exists elsewhere, and nothing was changed:${list(conflicts)}`);
}

/** Another setup may have created the stream here after the look at it. */
async function whyElsewhere(nc: NatsConnection, part: Part): Promise<string | undefined> {
  const reason = await whyTakenElsewhere(nc, part.wanted as StreamPlan);
  return reason && !(await look(part)).config ? reason : undefined;
}

function refuseDifferences(names: QueueNames, found: Found[], obsolete: readonly ObsoleteConsumer[]): void {
  const lines = found.flatMap((f) => f.differences.map((d) => `${f.part.label}: ${describeDifference(d)}`));
  lines.push(...obsolete.map(({ label }) => `${label}: exists, and is to be removed; requests stay stored`));
  if (lines.length === 0) return;
  throw new ConfigurationDiffersError(
    `The server has another configuration, and nothing was changed (${names.setupAdvice("--update")} changes what the server allows):${list(lines)}`,
  );
}

const list = (lines: string[]) => lines.map((line) => `\n  ${line}`).join("");

function refuseDiscarding({ part, held: content, differences }: Found): void {
  const discarding = differences.filter((difference) => wouldDiscard(difference, content));
  if (discarding.length === 0) return;
  throw new ConfigurationDiffersError(
    `${part.label} holds ${count(content.messages, "message")}, which a smaller limit could delete (${listed(discarding)}), and nothing was changed; empty it first, or change it yourself.`,
  );
}

type SizeOf = (part: Part) => number | undefined;

/** Asks the account for its limits only if a stream without a size is to be created. */
async function defaultSizes(jsm: JetStreamManager, plan: SetupPlan, found: readonly Found[]): Promise<SizeOf> {
  const unsized = found.filter(({ part, config }) => !config && needsSize(part)).map(({ part }) => part.wanted);
  if (unsized.length === 0) return () => undefined;
  const account = await jsm.getAccountInfo().catch((error) => {
    throw fromClientError("limits of the account", error);
  });
  const sizes = sizesWithin(account, unsized as StreamPlan[], {
    requests: plan.streams[0]?.name ?? "",
    deadLetters: plan.streams[2]?.name ?? "",
  });
  return ({ wanted }) => sizes.get((wanted as StreamPlan).name);
}

/** A consumer has no size. */
const needsSize = ({ wanted }: Part) => "name" in wanted && !("max_bytes" in wanted);

async function bring(
  names: QueueNames,
  { part, config, differences }: Found,
  sizeOf: SizeOf,
): Promise<"created" | "updated" | "unchanged"> {
  try {
    if (!config) {
      await askAgain(() => part.create(sizeOf(part)));
      return "created";
    }
    if (differences.length === 0) return "unchanged";
    await part.update(withWanted(config, part.wanted));
    return "updated";
  } catch (error) {
    throw refusal(names, part, differences, error);
  }
}

function refusal(names: QueueNames, part: Part, differences: Difference[], error: unknown): Error {
  const refused = fromClientError(part.label, error, names);
  if (differences.length === 0 || refused.code !== "server-refused") return refused;
  return new ConfigurationDiffersError(
    `${refused.message.replace(/\.$/, "")}; it cannot be changed from here (${listed(differences)}): keep it, or remove it and run ${names.setupAdvice()} again.`,
    { cause: error },
  );
}

const listed = (differences: Difference[]) => differences.map(describeDifference).join("; ");
