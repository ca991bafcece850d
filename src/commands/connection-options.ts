// The flags that say which server, and as whom: the same ones for every command, named as the nats CLI names them.

import type { NatsConnection } from "@nats-io/nats-core";
import type { Command } from "commander";
import { type ConnectionSettings, openConnection } from "../connection/connect.js";
import { InvalidInput } from "../protocol/errors.js";
import { terminal } from "./terminal.js";

export interface ConnectionFlags {
  server?: string;
  creds?: string;
  user?: string;
  password?: string;
  tlsca?: string;
  tlscert?: string;
  tlskey?: string;
  inboxPrefix?: string;
}

export const defaultServer = "nats://127.0.0.1:4222";

export function addConnectionOptions(command: Command, otherwise = defaultServer): Command {
  return command
    .option("-s, --server <url>", `nats-server to use (NATS_URL; otherwise ${otherwise})`)
    .option("--creds <file>", "credentials file (NATS_CREDS)")
    .option("--user <name>", "user name (NATS_USER)")
    .option("--password <text>", "password (NATS_PASSWORD)")
    .option("--tlsca <file>", "TLS certificate authority (NATS_CA)")
    .option("--tlscert <file>", "TLS client certificate (NATS_CERT)")
    .option("--tlskey <file>", "TLS client key (NATS_KEY)")
    .option("--inbox-prefix <subject>", "what inboxes begin with, where the account allows only that");
}

/** Undefined where neither `--server` nor `NATS_URL` names a server. */
export function namedServer(
  flags: ConnectionFlags,
  env: NodeJS.ProcessEnv = terminal().env,
): ConnectionSettings | undefined {
  // An empty --server is a variable that was not set, and not a wish to talk to another server.
  if (flags.server === "") {
    throw new InvalidInput('Expected --server to be a URL such as nats://127.0.0.1:4222, got "".');
  }
  const servers = flags.server ?? env.NATS_URL;
  if (!servers) return undefined;
  const settings = {
    servers,
    creds: flags.creds ?? env.NATS_CREDS,
    user: flags.user ?? env.NATS_USER,
    password: flags.password ?? env.NATS_PASSWORD,
    tlsCa: flags.tlsca ?? env.NATS_CA,
    tlsCert: flags.tlscert ?? env.NATS_CERT,
    tlsKey: flags.tlskey ?? env.NATS_KEY,
    inboxPrefix: flags.inboxPrefix,
  };
  const given = Object.entries(settings).filter(([, value]) => value);
  return Object.fromEntries(given) as unknown as ConnectionSettings;
}

/** Does something with a connection to the named server, or to the usual place on this machine, and closes it. */
export async function connected(
  name: string,
  flags: ConnectionFlags,
  act: (nc: NatsConnection) => Promise<void>,
): Promise<void> {
  const settings = namedServer(flags) ?? namedServer({ ...flags, server: defaultServer });
  const nc = await openConnection({ ...(settings as ConnectionSettings), name });
  try {
    await act(nc);
  } finally {
    await nc.close();
  }
}
