// Consumer changes: which consumers a plan no longer has, and the order in which the others can change their subjects.
import type { ConsumerInfo, JetStreamManager } from "@nats-io/jetstream";
import { count } from "../common/plural.js";
import { ConfigurationDiffersError, NotPermittedError, NotSetUpError } from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";
import { filtersOverlap } from "../protocol/subject-patterns.js";
import { type ConsumerPlan, isOfSetup } from "./consumers.js";
import { type Found, isConsumer } from "./diff.js";

/** A consumer that an earlier set-up made, and that the plan does not have. */
export interface ObsoleteConsumer {
  label: string;
  /** Requests that are delivered and not acknowledged: deleted now, the consumer would have them delivered a second time. */
  inHand: number;
  remove(): Promise<unknown>;
}

/** Those of the queue's stream. Nothing is asked if every consumer of the plan is there and no subject changes. */
export async function obsoleteConsumers(jsm: JetStreamManager, found: readonly Found[]): Promise<ObsoleteConsumer[]> {
  const consumers = found.filter(({ part }) => isConsumer(part));
  const stream = consumers[0]?.part.stream;
  if (stream === undefined) return [];
  const ofStream = found.filter(({ part }) => isConsumer(part) || part.stream === stream);
  const changes = ofStream.some(
    ({ config, differences }) => !config || differences.some(({ field }) => isSubjects(field)),
  );
  if (!changes) return [];
  const planned = consumers.map(({ part }) => (part.wanted as ConsumerPlan).durable_name);
  const infos = await listConsumers(jsm, stream);
  return infos
    .filter((info) => isOfSetup(info) && !planned.includes(info.name))
    .map(({ name, num_ack_pending: inHand }) => ({
      label: `consumer ${name} on ${stream}`,
      inHand,
      remove: () => jsm.consumers.delete(stream, name),
    }));
}

/** @throws ConfigurationDiffersError when responders hold requests of one of them. */
export function refuseInHand(obsolete: readonly ObsoleteConsumer[]): void {
  const busy = obsolete.find(({ inHand }) => inHand > 0);
  if (!busy) return;
  const { label, inHand } = busy;
  throw new ConfigurationDiffersError(
    `${label} is to be removed, and waits for the ack of ${count(inHand, "request")}, which would be delivered a second time; nothing was changed: drain its responders first.`,
  );
}

const isSubjects = (field: string) => field === "subjects" || field === "filter_subjects";

async function listConsumers(jsm: JetStreamManager, stream: string): Promise<ConsumerInfo[]> {
  const infos: ConsumerInfo[] = [];
  try {
    for await (const info of jsm.consumers.list(stream)) infos.push(info);
  } catch (error) {
    const known = fromClientError(`consumers of ${stream}`, error);
    // The stream is still to be created; or the account may not list, and then the server refuses what is in the way.
    if (!(known instanceof NotSetUpError || known instanceof NotPermittedError)) throw known;
  }
  return infos;
}

/**
 * The parts in an order in which no consumer takes what another one still takes: the server refuses that on a work queue.
 * @throws ConfigurationDiffersError when there is none: two consumers exchange subjects.
 */
export function inUpdateOrder(found: readonly Found[]): Found[] {
  const left = found.filter(({ part }) => isConsumer(part));
  const ordered = found.filter(({ part }) => !isConsumer(part));
  while (left.length > 0) {
    const next = left.findIndex((one) => left.every((other) => other === one || !isBlocked(one, other)));
    if (next < 0) {
      const labels = left.map(({ part }) => part.label).join(" and ");
      throw new ConfigurationDiffersError(
        `${labels} exchange subjects, which the server allows in no order, and nothing was changed: give one of them other subjects first.`,
      );
    }
    ordered.push(...left.splice(next, 1));
  }
  return ordered;
}

function isBlocked(one: Found, other: Found): boolean {
  return other.config !== undefined && filtersOverlap(one.part.wanted, other.config);
}
