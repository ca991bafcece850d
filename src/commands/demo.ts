// `jsrr demo`: a live page with a real server, a requester in the browser, and responders that can be started, stopped and killed.
import type { Command } from "commander";
import { DemoHttpServer } from "../demo/http-server.js";
import { DemoSession } from "../demo/session.js";
import { InvalidInputError } from "../protocol/errors.js";
import { serverVersion, wholeNumber } from "./options.js";
import { interruptible, untilInterrupted } from "./signals.js";
import { note, say, sayJson } from "./terminal.js";

interface Flags {
  port: number;
  json?: boolean;
  serverVersion?: string;
}

export const configure = (command: Command): Command =>
  command
    .option(
      "-p, --port <n>",
      "port of the page on 127.0.0.1; 0 takes any free one",
      wholeNumber("--port", 0, 65_535),
      0,
    )
    .option(...serverVersion)
    .option("--json", "print the page's address as JSON")
    .action(run);

async function run({ port, json, serverVersion }: Flags): Promise<void> {
  using interrupt = interruptible();
  await using http = await listen(port);
  const onEvent = http.onEvent.bind(http);
  await using session = await DemoSession.start({ origin: http.origin, serverVersion, onProgress: note, onEvent });
  http.show(session);
  if (json) sayJson({ url: http.url });
  else say(`Open ${http.url}\nEverything runs on this machine; Ctrl-C ends it.`);
  await Promise.race([untilInterrupted(interrupt.signal), session.failed]);
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
