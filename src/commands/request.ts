// `jsrr request`: sends one order, waits for its reply, and says where the request is when none comes in time.
import { buffer as readAll } from "node:stream/consumers";
import { Command, Option } from "commander";
import { type ReplyStrategy, replyStrategies } from "../history/strategies.js";
import type { Reply } from "../protocol/messages.js";
import { type OnTimeout, timeOutPolicies } from "../protocol/time-out-policy.js";
import { formatHandle } from "../requester/handle.js";
import type { ManyReply } from "../requester/many/arrivals.js";
import { Requester } from "../requester/requester.js";
import { RequestTimedOut } from "../requester/timed-out.js";
import { duration, oneOf } from "./arguments.js";
import { called } from "./called.js";
import { addConnectionOptions, type ConnectionFlags, connected } from "./connection-options.js";
import { EndWith, exit } from "./failure.js";
import { addManyOptions, askCore, lastAfterParts, limitsOf, type ManyFlags, printAll } from "./many.js";
import { noWaitOption, sendOnly } from "./no-wait.js";
import { note, say, sayJson } from "./output.js";
import { terminal } from "./terminal.js";

interface Flags extends ConnectionFlags, ManyFlags {
  name: string;
  reply: ReplyStrategy;
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
      `how the reply comes back: ${replyStrategies.join(", ")}`,
      oneOf("--reply", ...replyStrategies),
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
      await using requester = await Requester.open(nc, { name: flags.name, reply: flags.reply });
      const { timeout: timeoutMs, onTimeout } = flags;
      const options = { timeoutMs, onTimeout, ...(flags.id === undefined ? {} : { id: flags.id }) };
      if (flags.many) await several(requester.requestMany(order, body, { ...options, ...limits }), flags);
      else answer(await requester.request(order, body, options), flags);
    } catch (error) {
      if (!(error instanceof RequestTimedOut)) throw error;
      gaveUp(error, flags);
    }
  });
}

async function several(replies: AsyncIterable<ManyReply>, flags: Flags): Promise<void> {
  const { last, parts } = await printAll(replies, flags);
  if (last) lastAfterParts(last, flags);
  else note(`Stopped after ${parts} replies, as --maximum says.`);
}

export function answer({ ending, text }: Reply, { json }: { json?: boolean }): void {
  if (json) sayJson({ ending, payload: text });
  else if (ending === "ok") say(text);
  else note(`${ending}: ${text}`);
  if (ending !== "ok") throw new EndWith(exit.violated);
}

const keepIt = "--reply mailbox would keep it.";
const collectLater = (handle: string) => `Collect its reply later:\n  ${called()} collect ${handle}`;
const inWords: Record<ReplyStrategy, (handle: string) => string> = {
  mailbox: collectLater,
  kv: collectLater,
  inbox: () => `Its reply will go to an inbox that nobody reads any more; ${keepIt}`,
  shared: () =>
    `Its reply will be stored where the next requester, which begins with now, does not look; ${keepIt}`,
  trial: () => "Nobody will answer it.",
};

function gaveUp(
  { handle, afterMs, findings, outcome, parts }: RequestTimedOut,
  { json, many, reply }: Flags,
): never {
  const { whereabouts, evidence, remaining } = findings;
  const kept = formatHandle(handle);
  const story = { ending: "timed-out", afterMs, outcome, whereabouts, evidence, remaining, handle: kept };
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
