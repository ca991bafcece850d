// `jsrr request`: sends one order, waits for its reply, and says where the request is when none comes in time.

import { buffer as readAll } from "node:stream/consumers";
import type { NatsConnection } from "@nats-io/nats-core";
import { Command, Option } from "commander";
import { type OnTimeout, timeOutPolicies } from "../protocol/cancel.js";
import { type LabReplyStrategy, labReplyStrategies } from "../protocol/events.js";
import type { Reply } from "../protocol/messages.js";
import { formatHandle } from "../requester/handle.js";
import type { ManyReply } from "../requester/reply-stream.js";
import { openLabRequester, Requester } from "../requester/requester.js";
import { RequestTimeoutError } from "../requester/timeout.js";
import { EndWith, exit } from "./errors.js";
import { addConnectionOptions, type ConnectionFlags, connected, duration, oneOf } from "./options.js";
import {
  addManyOptions,
  askCore,
  lastAfterParts,
  limitsOf,
  type ManyFlags,
  printAll,
} from "./print-replies.js";
import { called, note, say, sayJson, terminal } from "./terminal.js";

interface Flags extends ConnectionFlags, ManyFlags {
  name: string;
  reply: LabReplyStrategy;
  onTimeout: OnTimeout;
  id?: string;
  wait: boolean;
}

export function requestCommand(): Command {
  const command = new Command("request")
    .description("send one order and wait for its reply")
    .argument("<order>", "e.g. order-sandwich")
    .argument("[payload]", "text for the responder; - reads it from stdin")
    .option("--name <name>", "the requester's name, which is its mailbox", "requester")
    .addOption(
      new Option("--timeout <time>", "how long to wait for the reply")
        .argParser(duration("--timeout"))
        .default(5000, "5s"),
    )
    .option(
      "--reply <strategy>",
      `how the reply comes back: ${labReplyStrategies.join(", ")}`,
      oneOf("--reply", ...labReplyStrategies),
      "mailbox",
    )
    .option(
      "--on-timeout <policy>",
      "then: keep it queued, cancel it, or let it expire (expire needs nats-server 2.11)",
      oneOf("--on-timeout", ...timeOutPolicies),
      "keep",
    )
    .option("--id <id>", "request id; the same id is stored once (default: unique)")
    .addOption(noWaitOption())
    .option("--json", "print the outcome as JSON; several replies as a line each")
    .action(run);
  return addConnectionOptions(addManyOptions(command));
}

async function run(order: string, payload: string | undefined, flags: Flags): Promise<void> {
  const limits = limitsOf(flags);
  const body = payload === "-" ? await readAll(terminal().stdin) : (payload ?? "");
  await connected(flags.name, flags, async (nc) => {
    try {
      if (!flags.wait) return await sendOnly(nc, order, body, flags);
      if (flags.core) return await askCore(nc, order, body, flags);
      await using requester = await openLabRequester(nc, { name: flags.name, reply: flags.reply });
      const { timeout: timeoutMs, onTimeout } = flags;
      const options = { timeoutMs, onTimeout, ...(flags.id === undefined ? {} : { id: flags.id }) };
      if (flags.many) await several(requester.requestMany(order, body, { ...options, ...limits }), flags);
      else answer(await requester.request(order, body, options), flags);
    } catch (error) {
      if (!(error instanceof RequestTimeoutError)) throw error;
      gaveUp(error, flags);
    }
  });
}

async function several(replies: AsyncIterable<ManyReply>, flags: Flags): Promise<void> {
  const { last, parts } = await printAll(replies, flags);
  if (last) lastAfterParts(last, flags);
  else note(`Stopped after ${parts} replies, as --maximum says.`);
}

export function answer({ status, text }: Pick<Reply, "status" | "text">, { json }: { json?: boolean }): void {
  if (json) sayJson({ status, payload: text });
  else if (status === "ok") say(text);
  else note(`${status}: ${text}`);
  if (status !== "ok") throw new EndWith(exit.violated);
}

const keepIt = "--reply mailbox would keep it.";
const collectLater = (handle: string) => `Collect its reply later:\n  ${called()} collect ${handle}`;
const inWords: Record<LabReplyStrategy, (handle: string) => string> = {
  mailbox: collectLater,
  kv: collectLater,
  inbox: () => `Its reply will go to an inbox that nobody reads any more; ${keepIt}`,
  shared: () =>
    `Its reply will be stored where the next requester, which begins with now, does not look; ${keepIt}`,
  trial: () => "Nobody will answer it.",
};

function gaveUp(
  { handle, afterMs, findings, outcome, parts }: RequestTimeoutError,
  { json, many, reply }: Flags,
): never {
  const { whereabouts, evidence, remaining } = findings;
  const kept = formatHandle(handle);
  const story = { status: "timed-out", afterMs, outcome, whereabouts, evidence, remaining, handle: kept };
  if (json && many) say(JSON.stringify({ ...story, parts }));
  else if (json) sayJson(story);
  else if (outcome === "removed") note(`No reply within ${afterMs} ms. The request is removed: ${evidence}.`);
  else {
    note(
      `${parts === undefined ? "No reply" : `No last reply (parts so far: ${parts})`} within ${afterMs} ms.`,
    );
    if (remaining !== undefined)
      note(`${remaining} ${remaining === 1 ? "message remains" : "messages remain"} in ${handle.stream}.`);
    note(`This request is ${whereabouts}: ${evidence.replace(/\.$/, "")}.`);
    note(inWords[reply](kept));
  }
  throw new EndWith(exit.violated);
}

// `jsrr request --no-wait`: sends, prints the handle, and ends; the reply is collected later, by anybody who has it.

/** What is about waiting, or about where a reply goes that somebody waits for. */
const aboutWaiting = ["timeout", "reply", "onTimeout", "many", "core", "stall", "maximum"];

const noWaitOption = () =>
  new Option(
    "--no-wait",
    "print the handle as soon as the request is stored, and wait for nothing",
  ).conflicts(aboutWaiting);

/** The handle alone goes to stdout, so that a shell can keep it. */
async function sendOnly(
  nc: NatsConnection,
  order: string,
  payload: string | Uint8Array,
  { name, id, json }: { name: string; id?: string; json?: boolean },
): Promise<void> {
  await using requester = await Requester.open(nc, { name, sendOnly: true });
  const handle = await requester.send(order, payload, id === undefined ? {} : { id });
  const { stream, sequence } = handle;
  const kept = formatHandle(handle);
  if (json) return sayJson({ outcome: "stored", stream, sequence, handle: kept });
  say(kept);
  note(
    `${stream} holds it as message ${sequence}; \`${called()} collect\` with this handle finds its reply.`,
  );
}
