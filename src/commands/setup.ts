// `jsrr setup`: creates the missing streams and the consumer, and reports or updates those that differ.
import type { Command } from "commander";
import { ConfigurationDiffersError } from "../protocol/errors.js";
import type { ConsumerOptions } from "../stream-setup/consumers.js";
import { planSetup, type SetupOptions, streamOverrideNames, streamStrategies } from "../stream-setup/plan.js";
import { type SetupReport, setup } from "../stream-setup/setup.js";
import { leastBytes } from "../stream-setup/sizes.js";
import {
  addQueueOptions,
  connected,
  consumerEntry,
  duration,
  limit,
  listOf,
  oneOf,
  type QueueFlags,
  queueOf,
  unexpected,
  wholeNumber,
} from "./options.js";
import { say, sayJson } from "./terminal.js";

interface Flags extends QueueFlags, Omit<SetupOptions, "consumers" | "queue"> {
  consumer?: Record<string, ConsumerOptions>;
  update?: boolean;
  dryRun?: boolean;
  streamConfig?: SetupOptions["streams"];
  json?: boolean;
  ackWait?: number;
  replyAge?: number;
  duplicateWindow?: number;
  requestAge?: number;
}

/** 100 days. In nanoseconds, the server's unit, the number is still exact. */
const longestHours = 2400;

export function configure(command: Command): Command {
  command
    .option("--update", "change what differs, as far as the server allows; never deletes messages")
    .option("--storage <kind>", "file or memory (default file)", oneOf("--storage", "file", "memory"))
    .option("--replicas <n>", "copies of each stream, 1 to 5 (default 1)", wholeNumber("--replicas", 1, 5))
    .option(
      "--ack-wait <time>",
      "how long a responder may hold a request (default 30s)",
      duration("--ack-wait", { mostHours: longestHours }),
    )
    .option("--max-deliver <n>", "deliveries per request, -1 for no limit (default -1)", limit("--max-deliver"))
    .option("--max-requests <n>", "most requests in the queue, -1 for no limit (default -1)", limit("--max-requests"))
    .option(
      "--discard <which>",
      "what a full queue does: refuse the new request, or drop the old one (default new)",
      oneOf("--discard", "new", "old"),
    )
    .option(
      "--request-age <time>",
      "how long a request stays in the queue (default: for ever)",
      duration("--request-age", { leastMs: 100, mostHours: longestHours }),
    )
    .option(
      "--max-ack-pending <n>",
      "most requests delivered and not acknowledged (default 1000)",
      wholeNumber("--max-ack-pending", 1, 999_999_999),
    )
    .option(
      "--consumer <name=subjects>",
      "one of several consumers and what it takes, e.g. batch=later.>,reports.*; repeatable (default: responder, all)",
      consumerEntry,
    )
    .option(
      "--shared",
      "responders with different handlers pull from one consumer: they NAK what they have no handler for",
    )
    .option(
      "--schedules",
      "requests for later (`jsrr request --delay`); needs nats-server 2.12, and cannot be taken back",
    )
    .option(
      "--reply-age <time>",
      "how long a reply waits to be collected (default 24h)",
      duration("--reply-age", { leastMs: 100, mostHours: longestHours }),
    )
    .option(
      "--duplicate-window <time>",
      "how long a request id is remembered (default 2m)",
      duration("--duplicate-window", { leastMs: 100, mostHours: longestHours }),
    )
    .option(
      "--max-bytes <n>",
      "bytes of all streams: requests 60 %, replies 30 %, dead letters 10 % (default: what the account has left)",
      wholeNumber("--max-bytes", leastBytes, Number.MAX_SAFE_INTEGER),
    )
    .option(
      "--strategies <names>",
      `also the streams of these reply strategies: ${streamStrategies.join(",")}`,
      listOf("--strategies", ...streamStrategies),
    )
    .option(
      "--stream-config <setting>",
      `a setting of one stream, e.g. requests.max_msg_size=1000000; repeatable: ${Object.keys(streamOverrideNames).join(", ")}`,
      streamSetting,
    )
    .option("--dry-run", "print what would be changed, and change nothing")
    .option("--json", "print what was done as JSON")
    .action(run);
  return addQueueOptions(command);
}

async function run(flags: Flags): Promise<void> {
  const { requestAge, ackWait, replyAge, duplicateWindow, update = false, dryRun = false } = flags;
  const { storage, replicas, maxDeliver, maxRequests, discard, maxBytes, maxAckPending } = flags;
  const { strategies, shared, schedules, consumer } = flags;
  const options: SetupOptions = {
    ...queueOf(flags),
    ...{ storage, replicas, maxDeliver, maxRequests, discard, maxBytes, maxAckPending, strategies, shared, schedules },
    consumers: consumer,
    requestAgeMs: requestAge,
    ackWaitMs: ackWait,
    replyAgeMs: replyAge,
    duplicateWindowMs: duplicateWindow,
    streams: flags.streamConfig,
  };
  planSetup(options); // a wrong option is reported before anything connects
  await connected(
    "jsrr setup",
    flags,
    async (nc) => {
      const apply = (isDry: boolean) =>
        setup(nc, { ...options, update, dryRun: isDry }).catch((error) => {
          throw update || !(error instanceof ConfigurationDiffersError) ? error : withHint(error);
        });
      // Without --update nothing that exists is changed: there is nothing to list before it is done.
      if (dryRun || update) {
        const { changes = [], ...plan } = await apply(true);
        if (dryRun && flags.json) return sayJson({ changes, ...plan });
        // What is only created is listed when it is done.
        const shown = dryRun ? changes : changes.filter((change) => !change.startsWith("create "));
        if (!flags.json) for (const change of shown) say(change);
        if (dryRun && changes.length === 0 && !flags.json) say("nothing to change");
        if (dryRun) return;
      }
      const report = await apply(false);
      if (flags.json) sayJson(report);
      else for (const line of lines(report)) say(line);
    },
    "none",
  );
}

const withHint = (cause: ConfigurationDiffersError) =>
  new ConfigurationDiffersError(
    `${cause.message}\nWith --update only the options that are given change, and what the kit needs; --dry-run shows it.`,
    { cause },
  );

const lines = (report: SetupReport) =>
  Object.entries(report).flatMap(([what, names]) => (names as string[]).map((name) => `${what} ${name}`));

/** Collects `requests.max_msg_size=1000000` into the options of each stream; a value is JSON, or a text. */
function streamSetting(text: string, before: NonNullable<SetupOptions["streams"]> = {}): SetupOptions["streams"] {
  const [, stream = "", field = "", value = ""] = /^([a-zA-Z]+)\.([a-z_]+)=(.*)$/s.exec(text) ?? [];
  if (!stream) throw unexpected("--stream-config", "like requests.max_msg_size=1000000", text);
  const own = before[stream as keyof typeof before];
  return { ...before, [stream]: { ...own, [field]: parsed(value) } };
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
