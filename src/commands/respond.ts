// `jsrr respond`: a responder in the foreground. The first Ctrl-C or SIGTERM drains it, the second NAKs all it holds.
import type { Command } from "commander";
import { watchConnection } from "../connection/watch.js";
import type { ResponderEvent } from "../protocol/events.js";
import { queueNames } from "../protocol/queue-names.js";
import { respondLine } from "../report/event-text.js";
import type { Handlers } from "../responder/handlers.js";
import type { ResponderOptions } from "../responder/options.js";
import { Responder } from "../responder/responder.js";
import { menuHandlers, orderHandlers, simulate } from "../runner/order-handlers.js";
import type { MenuEntry } from "../scenario/model.js";
import {
  addQueueOptions,
  connected,
  duration,
  each,
  errorEntry,
  menuEntry,
  oneOf,
  partsEntry,
  type QueueFlags,
  queueOf,
  timesOrAlways,
  wholeNumber,
} from "./options.js";
import { interruptible, patienceMs, untilInterrupted } from "./signals.js";
import { note, say, sayJsonLine } from "./terminal.js";

/** Running handlers have this long after Ctrl-C. In the time left of the patience their requests are NAKed. */
const drainMs = patienceMs - 2_000;

interface Flags extends QueueFlags {
  name: string;
  menu?: Record<string, string>;
  parts?: Record<string, string>;
  error?: Record<string, string>;
  maxAttempts?: number;
  consumer?: string[];
  unmatched?: "reject" | "silent";
  concurrency: number;
  prefetch?: number;
  work?: number;
  fails: number | "always";
  allowReplyTo?: string[];
  service?: string;
  json?: boolean;
}

export function configure(command: Command): Command {
  command
    .option("--name <name>", "the responder's name", "responder")
    .option(
      "--menu <order=reply>",
      "an order and its reply; repeatable (default: sandwich, bagel, flatbread)",
      menuEntry,
    )
    .option(
      "--parts <order=part,...>",
      "an order with several replies, the last one after the last comma; repeatable",
      partsEntry,
    )
    .option("--error <order=text>", "an order that ends with this error; repeatable", errorEntry)
    .option(
      "--unmatched <how>",
      "orders without a handler: reject (store a reply `rejected`; the default), or silent",
      oneOf("--unmatched", "reject", "silent"),
    )
    .option(
      "--consumer <name>",
      "one of several consumers (`jsrr setup --consumer`) to pull from; repeatable (default: responder)",
      each,
    )
    .option("--concurrency <n>", "handlers at work at once", wholeNumber("--concurrency", 1, 10_000), 16)
    .option(
      "--prefetch <n>",
      "most requests in hand (default: as many as the concurrency wait or run)",
      wholeNumber("--prefetch", 1, 20_000),
    )
    .option("--work <time>", "how long each handler works, to try things out", duration("--work"))
    .option(
      "--fails <n>",
      "deliveries of each request that fail, or always: seen again, or dead letters",
      timesOrAlways("--fails"),
      0,
    )
    .option(
      "--max-attempts <n>",
      "attempts at each request, then it is a dead letter (default: the consumer's limit)",
      wholeNumber("--max-attempts", 1, 1_000_000),
    )
    .option(
      "--allow-reply-to <subject>",
      "besides mailboxes, reply there only, e.g. partner.inbox.>; repeatable (default: inboxes)",
      each,
    )
    .option("--service <name>", "answer service discovery under this name: `nats micro ls` lists it")
    .option("--json", "print each event as a line of JSON")
    .action(run);
  return addQueueOptions(command);
}

async function run(flags: Flags, { parent }: Command): Promise<void> {
  using interrupt = interruptible();
  await connected(flags.name, flags, async (nc) => {
    const options = responderOptions(flags, parent?.version() ?? "0.0.0");
    const names = flags.consumer ?? [];
    const [consumer] = names;
    const responder = await (names.length > 1
      ? Responder.start(nc, { ...options, consumers: Object.fromEntries(names.map((name) => [name, {}])) })
      : Responder.start(nc, { ...options, consumer }));
    interrupt.atOnce = () => responder.drain({ timeoutMs: 0 });
    note(
      `${responder.name} takes requests from ${queueNames(queueOf(flags)).requestStream}; Ctrl-C finishes what it holds and leaves the rest`,
    );
    watchConnection(nc, {
      lameDuck: (server) => note(`${server} shuts down soon; the connection moves to another server, if there is one`),
      disconnected: () => note("connection lost; trying to reach the server again"),
      reconnected: () => note("connected again"),
    });
    const drained = untilInterrupted(interrupt.signal).then(() => {
      note(`finishing what it holds, for up to ${drainMs / 1000} s; Ctrl-C again ends it at once`);
      return responder.drain({ timeoutMs: drainMs });
    });
    // `responder.closed` rejects if it cannot go on. Drain before the connection closes, so that its requests are NAKed.
    await Promise.race([drained, responder.closed]).finally(() => responder.drain());
  });
}

/** `version` is the kit's. */
function responderOptions(flags: Flags, version: string): ResponderOptions {
  const { name, unmatched, concurrency, prefetch, work, fails, maxAttempts, allowReplyTo, json } = flags;
  const observe = (event: ResponderEvent) => {
    if (json) return sayJsonLine(event);
    const line = respondLine(event);
    if (line) say(line);
  };
  return {
    ...queueOf(flags),
    ...{ name, unmatched, concurrency, prefetch, maxAttempts, observe },
    service: flags.service === undefined ? undefined : { name: flags.service, version },
    handlers: simulate(handlersOf(flags), { fails, workMs: work }),
    replyAddresses: allowReplyTo && { allow: allowReplyTo },
  };
}

function handlersOf({ menu, parts = {}, error = {} }: Flags): Handlers {
  const entries: Record<string, MenuEntry> = {};
  for (const [order, text] of Object.entries(error)) entries[order] = { error: text };
  for (const [order, text] of Object.entries(parts)) {
    const replies = text.split(",");
    entries[order] = { parts: replies.slice(0, -1), reply: replies.at(-1) ?? "" };
  }
  return { ...(menu ? menuHandlers(menu) : orderHandlers), ...menuHandlers(entries) };
}
