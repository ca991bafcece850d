// `jsrr respond`: a responder in the foreground. Ctrl-C or SIGTERM: it finishes what it holds, and leaves the rest.
import { Command } from "commander";
import { watchConnection } from "../connection/watch.js";
import type { ResponderEvent } from "../history/event.js";
import { defaultMenu, fixedMenu, type Menu, partsMenu } from "../responder/menu.js";
import { Responder, type ResponderOptions } from "../responder/responder.js";
import { menuEntry, oneOf, partsEntry, wholeNumber } from "./arguments.js";
import { addConnectionOptions, type ConnectionFlags, connected } from "./connection-options.js";
import { note, say } from "./output.js";
import { interruptible, untilInterrupted } from "./signals.js";

interface Flags extends ConnectionFlags {
  name: string;
  menu?: Record<string, string>;
  parts?: Record<string, string>;
  unmatched: "tell" | "silent";
  concurrency: number;
  allowReplyTo?: string[];
  json?: boolean;
}

export function respondCommand(): Command {
  const command = new Command("respond")
    .description("answer requests from the queue until Ctrl-C")
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
    .option(
      "--unmatched <how>",
      "other orders: tell the requester, or silent",
      oneOf("--unmatched", "tell", "silent"),
      "tell",
    )
    .option("--concurrency <n>", "handlers at work at once", wholeNumber("--concurrency", 1, 10_000), 16)
    .option(
      "--allow-reply-to <subject>",
      "besides mailboxes, reply there only, e.g. partner.inbox.>; repeatable",
      (subject: string, before: string[] = []) => [...before, subject],
    )
    .option("--json", "print each event as a line of JSON")
    .action(run);
  return addConnectionOptions(command);
}

async function run(flags: Flags): Promise<void> {
  using interrupt = interruptible();
  await connected(flags.name, flags, async (nc) => {
    const responder = await Responder.start(nc, responderOptions(flags));
    note(`${responder.name} takes requests from REQUESTS; Ctrl-C finishes what it holds and leaves the rest`);
    watchConnection(nc, {
      lameDuck: (server) =>
        note(`${server} shuts down soon; the connection moves to another server, if there is one`),
      disconnected: () => note("connection lost; trying to reach the server again"),
      reconnected: () => note("connected again"),
    });
    const asked = untilInterrupted(interrupt.signal).then(() => {
      note("finishing what it holds; Ctrl-C again ends it at once");
      return responder.drain();
    });
    // What it holds goes back before the connection closes, also where it cannot go on.
    await Promise.race([asked, responder.closed]).finally(() => responder.drain());
  });
}

function responderOptions({
  name,
  menu,
  parts,
  unmatched,
  concurrency,
  allowReplyTo,
  json,
}: Flags): ResponderOptions {
  const observe = (event: ResponderEvent) => {
    const line = json ? JSON.stringify(event) : inWords(event);
    if (line) say(line);
  };
  return {
    ...{ name, unmatched, concurrency, observe },
    ...(menu || parts ? { menu: menuOf(menu, parts) } : {}),
    ...(allowReplyTo ? { replyAddresses: { allow: allowReplyTo } } : {}),
  };
}

const menuOf = (menu?: Record<string, string>, parts: Record<string, string> = {}): Menu => ({
  ...(menu ? fixedMenu(menu) : defaultMenu),
  ...partsMenu(Object.fromEntries(Object.entries(parts).map(([order, text]) => [order, text.split(",")]))),
});

function inWords(event: ResponderEvent): string | undefined {
  switch (event.type) {
    case "delivered": {
      const again = event.delivery > 1 ? `, delivery ${event.delivery}` : "";
      return `${event.request}  ${event.subject}, message ${event.sequence}${again}`;
    }
    case "replied": {
      const where =
        event.sequence === undefined
          ? `sent to ${event.to}`
          : `stored as message ${event.sequence} of REPLIES`;
      return `${event.request}  ${event.ending} ${event.payload}, ${where}`;
    }
    case "terminated":
      return `${event.request}  terminated: ${event.reason}`;
    case "already-answered":
      return `${event.request}  answered already (${event.ending})`;
    case "dead-lettered":
      return `${event.request}  dead letter: message ${event.sequence} of ${event.stream}: ${event.reason}`;
    case "called-off":
      return `${event.request}  ${event.ending}: ${event.begun ? "its handler stops" : "not begun"}`;
    case "returned":
      return `${event.request}  given back: ${event.reason}`;
    case "reply-refused":
      return `${event.request}  reply not stored: ${event.reason}`;
    case "drained":
      return "drained";
    default:
      return undefined;
  }
}
