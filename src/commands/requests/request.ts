// `jsrr request`: sends one order, prints its reply, and after a time-out prints where the request is.

import { buffer as readAll } from "node:stream/consumers";
import type { NatsConnection } from "@nats-io/nats-core";
import { type Command, Option } from "commander";
import { count } from "../../common/plural.js";
import { type OnTimeout, timeOutPolicies } from "../../protocol/cancel.js";
import { InvalidInputError } from "../../protocol/errors.js";
import { type LabReplyStrategy, labReplyStrategies, type RequesterEvent } from "../../protocol/events.js";
import { queueNames } from "../../protocol/queue-names.js";
import { formatHandle, type Handle, handleOf } from "../../requester/handle.js";
import { RequestAbortedError } from "../../requester/pending-requests.js";
import { openLabRequester, Requester } from "../../requester/requester.js";
import { RequestTimeoutError } from "../../requester/timeout.js";
import { requestMany } from "../../runner/actors/core-requester.js";
import { EndWith, exit, Interrupted } from "../exit.js";
import {
  addQueueOptions,
  connected,
  type DomainFlags,
  duration,
  headerEntry,
  oneOf,
  type QueueFlags,
  queueOf,
  unexpected,
  wholeNumber,
} from "../options.js";
import { interruptible } from "../signals.js";
import { called, jsonPayload, note, say, sayJson, sayJsonLine, sayPayload, terminal } from "../terminal.js";
import { lastAfterParts, printAll, printReply } from "./print-replies.js";

interface Flags extends QueueFlags {
  name: string;
  timeout: number;
  reply: LabReplyStrategy;
  onTimeout: OnTimeout;
  id?: string;
  header?: Record<string, string>;
  wait: boolean;
  delay?: number;
  at?: Date;
  many?: boolean;
  stall?: number;
  maximum?: number;
  core?: boolean;
  json?: boolean;
}

/** Options about waiting, or about an address that a requester waits at. */
const aboutWaiting = ["timeout", "reply", "onTimeout", "many", "core", "stall", "maximum"];

export const configure = (command: Command): Command =>
  addQueueOptions(
    command
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
      .option("-H, --header <name:value>", "a header that travels with the request; repeatable", headerEntry)
      .addOption(
        new Option("--no-wait", "print the handle as soon as the request is stored, and wait for nothing").conflicts(
          aboutWaiting,
        ),
      )
      .option(
        "--delay <time>",
        "with --no-wait: the server puts the request into the queue so much later",
        duration("--delay", { mostHours: longestDelayHours }),
      )
      .option("--at <time>", "with --no-wait: the same at this time, e.g. 2030-01-31T08:00:00Z", date)
      .option("--json", "print the outcome as JSON; several replies as a line each")
      .option("--many", "print several replies as they come: the parts, and then the last one")
      .option("--stall <time>", "with --many: longest pause between two of them", duration("--stall"))
      .option("--maximum <n>", "with --many: stop after so many", wholeNumber("--maximum", 1, 1_000_000_000))
      .option("--core", "ask any core NATS subject, where nothing is stored: jsrr request greet.joe --core --many")
      .action(run),
  );

async function run(order: string, payload: string | undefined, flags: Flags): Promise<void> {
  const { many, stall: stallMs, maximum, timeout: timeoutMs, onTimeout, id, header: headers } = flags;
  if (flags.wait && (flags.delay !== undefined || flags.at !== undefined)) {
    throw new InvalidInputError("Expected --no-wait with --delay and --at: the reply comes later, too.");
  }
  if (!many && (stallMs !== undefined || maximum !== undefined)) {
    throw new InvalidInputError("Expected --many with --stall and --maximum: they are about several replies.");
  }
  const body = payload === "-" ? await readAll(terminal().stdin) : (payload ?? "");
  await connected(flags.name, flags, async (nc) => {
    try {
      if (!flags.wait) return await sendOnly(nc, order, body, flags);
      if (flags.core) return await requestCore(nc, order, body, flags);
      let handle: Handle | undefined;
      let isNoted = false;
      // With --json the result has the handle, whatever the outcome is.
      const noteHandle = (stored = "stored") => {
        if (handle && !isNoted && !flags.json) note(`${stored} as ${formatHandle(handle)}; Ctrl-C leaves it queued`);
        isNoted = true;
      };
      const observe = (event: RequesterEvent) => {
        const { reply } = flags;
        const store = reply === "kv" || reply === "shared" ? reply : undefined;
        if (event.type === "requested")
          handle = handleOf(queueNames(queueOf(flags)), flags.name, store, event.request, 0);
        else if (handle && event.type === "stored") {
          handle = { ...handle, sequence: event.sequence };
          noteHandle(event.duplicate ? "stored before" : "stored");
        }
        // A reply may arrive before the PubAck.
        else if (event.type === "received") noteHandle();
      };
      const handleText = () => handle && formatHandle(handle);
      await using requester = await openLabRequester(nc, {
        ...queueOf(flags),
        name: flags.name,
        reply: flags.reply,
        observe,
      });
      using interrupt = interruptible();
      const options = { timeoutMs, onTimeout, id, headers, signal: interrupt.signal };
      if (!many) return printReply(await requester.request(order, body, options), flags, handleText());
      const replies = requester.requestMany(order, body, { ...options, stallMs, maximum });
      const { last, parts } = await printAll(replies, flags);
      if (last) lastAfterParts(last, flags, handleText());
      else note(`Stopped after ${count(parts, "reply", "replies")}, as --maximum says.`);
    } catch (error) {
      if (error instanceof RequestAbortedError && error.cause instanceof Interrupted) {
        note(laterReply[flags.reply](error.handle, flags));
        throw new EndWith(error.cause.code);
      }
      if (!(error instanceof RequestTimeoutError)) throw error;
      printTimeout(error, flags);
      throw new EndWith(exit.violated);
    }
  });
}

/** 10 years. */
const longestDelayHours = 87_600;

function date(text: string): Date {
  const at = new Date(text);
  if (Number.isFinite(at.getTime())) return at;
  throw unexpected("--at", "a time like 2030-01-31T08:00:00Z", text);
}

/** `--no-wait`. The handle alone goes to stdout, so that a shell can keep it. */
async function sendOnly(nc: NatsConnection, order: string, payload: string | Uint8Array, flags: Flags): Promise<void> {
  const { name, id, header: headers, json, delay: delayMs, at } = flags;
  await using requester = await Requester.open(nc, { ...queueOf(flags), name, sendOnly: true });
  const handle = await requester.send(order, payload, { id, headers, delayMs, at });
  const { stream, sequence } = handle;
  const text = formatHandle(handle);
  if (json) return sayJson({ outcome: "stored", stream, sequence, handle: text });
  say(text);
  note(`${stream} holds it as message ${sequence}; \`${called()} collect\` with this handle finds its reply.`);
}

/** `--core`: core request-reply. Without `--many` the first reply ends it; without a reply the exit code is 1. */
async function requestCore(
  nc: NatsConnection,
  subject: string,
  payload: string | Uint8Array,
  { many, stall: stallMs, maximum, timeout: timeoutMs, json }: Flags,
): Promise<void> {
  const limits = { stallMs, timeoutMs, maximum: many ? maximum : 1 };
  let count = 0;
  for await (const { status, text, data } of requestMany(nc, subject, payload, limits)) {
    count++;
    if (json) sayJsonLine({ status, ...jsonPayload(data) });
    else if (status === "ok") sayPayload(data);
    else note(`${status}: ${text}`);
  }
  if (count > 0) return;
  note(`No reply within ${timeoutMs} ms, and nothing was stored.`);
  throw new EndWith(exit.violated);
}

function printTimeout({ handle, afterMs, findings, outcome, parts }: RequestTimeoutError, flags: Flags): void {
  const { json, many, reply } = flags;
  const { whereabouts, evidence, remaining } = findings;
  const text = formatHandle(handle);
  const story = { status: "timed-out", afterMs, outcome, whereabouts, evidence, remaining, handle: text };
  if (json && many) sayJsonLine({ ...story, parts });
  else if (json) sayJson(story);
  else if (outcome === "removed") note(`No reply within ${afterMs} ms. The request is removed: ${evidence}.`);
  if (json || outcome === "removed") return;
  note(`${parts === undefined ? "No reply" : `No last reply (parts so far: ${parts})`} within ${afterMs} ms.`);
  if (remaining !== undefined)
    note(`${remaining} ${remaining === 1 ? "message remains" : "messages remain"} in ${handle.stream}.`);
  note(`This request is ${whereabouts}: ${evidence.replace(/\.$/, "")}.`);
  note(laterReply[reply](handle, flags));
}

const collectLater = (handle: Handle, flags: DomainFlags) =>
  `Collect its reply later:\n  ${called()} collect ${[formatHandle(handle), ...placeArguments(flags)].map(inShell).join(" ")}`;
const mailboxKeeps = "--reply mailbox would keep it.";

/** Where a reply goes that is stored after the time-out. */
const laterReply: Record<LabReplyStrategy, (handle: Handle, flags: DomainFlags) => string> = {
  mailbox: collectLater,
  kv: collectLater,
  inbox: () => `Its reply will go to an inbox that has no subscription any more; ${mailboxKeeps}`,
  shared: () => `Its reply will be stored where no later requester reads it; ${mailboxKeeps}`,
  trial: () => "No responder will answer it.",
};

const placeArguments = ({ context, jsDomain, jsApiPrefix }: DomainFlags) => [
  ...(context ? ["--context", context] : []),
  ...(jsDomain ? ["--js-domain", jsDomain] : []),
  ...(jsApiPrefix ? ["--js-api-prefix", jsApiPrefix] : []),
];

/** A request id, and so a handle, may have spaces and quotes. */
const inShell = (text: string) =>
  /^[\w.:=@%+,/-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
