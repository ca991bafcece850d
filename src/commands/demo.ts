// `jsrr demo`: a live page with a real server, a requester in the browser, and responders that can be started, stopped and killed.
import type { Command } from "commander";
import type { ExternalServer } from "../demo/demo-server.js";
import { DemoHttpServer } from "../demo/http-server.js";
import { DemoSession } from "../demo/session.js";
import { InvalidInputError } from "../protocol/errors.js";
import { addConnectionOptions, type ConnectionFlags, namedServer, serverVersion, wholeNumber } from "./options.js";
import { interruptible, untilInterrupted } from "./signals.js";
import { note, say, sayJson } from "./terminal.js";

interface Flags extends ConnectionFlags {
  port: number;
  json?: boolean;
  serverVersion?: string;
  websocket?: string;
}

export const configure = (command: Command): Command =>
  addConnectionOptions(
    command
      .option(
        "-p, --port <n>",
        "port of the page on 127.0.0.1; 0 takes any free one",
        wholeNumber("--port", 0, 65_535),
        0,
      )
      .option("--websocket <url>", "with --server or --context: the server's websocket listener, for the page")
      .option(...serverVersion)
      .option("--json", "print the page's address as JSON")
      .action(run),
    { server: "otherwise a server of the kit's own", context: "never the selected one" },
  );

async function run({ port, json, serverVersion, ...flags }: Flags): Promise<void> {
  const external = await externalServer(flags);
  using interrupt = interruptible();
  await using http = await listen(port);
  const onEvent = http.onEvent.bind(http);
  await using session = await DemoSession.start({
    external,
    origin: http.origin,
    serverVersion,
    onProgress: note,
    onEvent,
  });
  http.show(session);
  if (json) sayJson({ url: http.url });
  else
    say(
      `Open ${http.url}\n${external ? "The server and its responders stay as they are" : "Everything runs on this machine"}; Ctrl-C ends it.`,
    );
  await Promise.race([untilInterrupted(interrupt.signal), session.failed]);
}

/** Undefined for a server of the demo's own. A variable such as NATS_URL may be meant for other commands, so that it alone names none. */
async function externalServer({ websocket, ...flags }: Omit<Flags, "port">): Promise<ExternalServer | undefined> {
  const { server, context } = flags;
  if ([server, context, websocket].every((option) => option === undefined)) return undefined;
  const connection = await namedServer(flags);
  if (connection && websocket) return { connection, websocket };
  throw new InvalidInputError(
    "Expected --server and --websocket together: a browser reaches a nats-server at its websocket listener only, e.g. --websocket ws://127.0.0.1:9222.",
  );
}

async function listen(port: number): Promise<DemoHttpServer> {
  try {
    return await DemoHttpServer.listen(port);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
    throw new InvalidInputError(`Port ${port} on 127.0.0.1 is taken by another process; choose another with --port.`, {
      cause,
    });
  }
}
