// Brings a server to the plan: creates what is missing, reports what differs, deletes nothing.
import type { ConsumerInfo, JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import { ConfigurationDiffers, NotSetUp } from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";
import { type Difference, describeDifference, differences, wouldDiscard } from "./differences.js";
import type { ConsumerPlan, SetupPlan, StreamPlan } from "./plan.js";

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
 * Idempotent. Everything is looked at before anything is changed, so a difference leaves the server as it was.
 * @throws ConfigurationDiffers with every differing field, unless `update` may change it.
 */
export async function applySetup(
  jsm: JetStreamManager,
  plan: SetupPlan,
  options: ApplyOptions = {},
): Promise<SetupReport> {
  const parts: Part[] = [
    ...plan.streams.map((wanted) => streamPart(jsm, wanted)),
    consumerPart(jsm, plan.consumer.stream, plan.consumer.config),
  ];
  const found = await Promise.all(parts.map((part) => look(part)));
  if (!options.update) refuseDifferences(found);
  for (const f of found) refuseDiscarding(f);
  const report: SetupReport = { created: [], updated: [], unchanged: [] };
  for (const f of found) report[await bring(f)].push(f.part.label);
  return report;
}

/** One stream or consumer: how to look at it, create it and change it. */
interface Part {
  label: string;
  wanted: object;
  read(): Promise<{ config: object; messages: number }>;
  create(): Promise<unknown>;
  update(config: object): Promise<unknown>;
}

interface Found {
  part: Part;
  /** Absent when it does not exist yet. */
  config?: object;
  messages: number;
  differences: Difference[];
}

function streamPart(jsm: JetStreamManager, wanted: StreamPlan): Part {
  return {
    label: `stream ${wanted.name}`,
    wanted,
    read: async () => {
      const info: StreamInfo = await jsm.streams.info(wanted.name);
      return { config: info.config, messages: info.state.messages };
    },
    create: () => jsm.streams.add(wanted),
    update: (config) => jsm.streams.update(wanted.name, config),
  };
}

function consumerPart(jsm: JetStreamManager, stream: string, wanted: ConsumerPlan): Part {
  const name = wanted.durable_name;
  return {
    label: `consumer ${name} on ${stream}`,
    wanted,
    read: async () => {
      const info: ConsumerInfo = await jsm.consumers.info(stream, name);
      return { config: info.config, messages: 0 };
    },
    create: () => jsm.consumers.add(stream, wanted),
    update: (config) => jsm.consumers.update(stream, name, config),
  };
}

async function look(part: Part): Promise<Found> {
  try {
    const { config, messages } = await part.read();
    return { part, config, messages, differences: differences(part.wanted, config) };
  } catch (error) {
    const told = fromClientError(part.label, error);
    if (told instanceof NotSetUp) return { part, messages: 0, differences: [] };
    throw told;
  }
}

function refuseDifferences(found: Found[]): void {
  const differing = found.filter((f) => f.differences.length > 0);
  if (differing.length === 0) return;
  const lines = differing.flatMap((f) =>
    f.differences.map((d) => `${f.part.label}: ${describeDifference(d)}`),
  );
  throw new ConfigurationDiffers(
    `The server has another configuration, and nothing was changed (jsrr setup --update changes what the server allows):\n  ${lines.join("\n  ")}`,
  );
}

function refuseDiscarding({ part, messages, differences }: Found): void {
  const discarding = differences.filter(wouldDiscard);
  if (messages === 0 || discarding.length === 0) return;
  throw new ConfigurationDiffers(
    `${part.label} holds ${messages} messages that a smaller limit could delete (${discarding.map(describeDifference).join("; ")}); empty it first, or change it yourself.`,
  );
}

async function bring({ part, config, differences }: Found): Promise<keyof SetupReport> {
  try {
    if (!config) {
      await part.create();
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
  if (differences.length === 0) return told;
  return new ConfigurationDiffers(
    `${told.message.replace(/\.$/, "")}; the server does not allow this change (${differences.map(describeDifference).join("; ")}).`,
    { cause: error },
  );
}
