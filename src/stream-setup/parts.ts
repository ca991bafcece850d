// One stream or consumer of the plan: how to look at it, create it and change it, and what stands in its way.
import type { ConsumerInfo, JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import { NotPermitted, NotSetUp } from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";
import { askAgain } from "./ask-again.js";
import { type Difference, differences } from "./differences.js";
import type { ConsumerPlan, SetupPlan, StreamPlan } from "./plan.js";

export interface Part {
  label: string;
  wanted: object;
  read(): Promise<{ config: object; messages: number }>;
  create(): Promise<unknown>;
  update(config: object): Promise<unknown>;
  /** What the server would refuse to create it beside, by name; the server's own error names nobody. */
  obstacle(): Promise<string | undefined>;
}

export interface Found {
  part: Part;
  /** Absent when it does not exist yet. */
  config?: object;
  messages: number;
  differences: Difference[];
  obstacle?: string;
}

export const partsOf = (jsm: JetStreamManager, { streams, consumer }: SetupPlan): Part[] => [
  ...streams.map((wanted) => streamPart(jsm, wanted)),
  consumerPart(jsm, consumer.stream, consumer.config),
];

/** @throws the server's error, unless it says that the part does not exist. */
export async function look(part: Part): Promise<Found> {
  try {
    const { config, messages } = await askAgain(() => part.read());
    return { part, config, messages, differences: differences(part.wanted, config) };
  } catch (error) {
    const told = fromClientError(part.label, error);
    if (!(told instanceof NotSetUp)) throw told;
    const obstacle = await askAgain(() => part.obstacle()).catch((cause) => unlessUnseen(part, cause));
    return { part, messages: 0, differences: [], ...(obstacle ? { obstacle } : {}) };
  }
}

/** Who may not list, or has no stream to list consumers of, learns of an obstacle from the server's refusal. */
function unlessUnseen(part: Part, error: unknown): undefined {
  const told = fromClientError(part.label, error);
  if (told instanceof NotPermitted || told instanceof NotSetUp) return undefined;
  throw told;
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
    obstacle: async () => {
      for (const subject of wanted.subjects ?? []) {
        const others = (await jsm.streams.names(subject).next()).filter((name) => name !== wanted.name);
        if (others.length > 0) return `its subject ${subject} belongs to stream ${others.join(", ")}`;
      }
      return undefined;
    },
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
    // On a work queue no two consumers may take the same message, and this one takes them all.
    obstacle: async () => {
      const others = (await jsm.consumers.list(stream).next()).map((info) => info.name);
      const taken = others.filter((other) => other !== name);
      return taken.length > 0 ? `consumer ${taken.join(", ")} takes requests from this queue` : undefined;
    },
  };
}
