// Opens a connection to a nats-server, with the usual credentials, and tells plainly why it could not.

import { isIP } from "node:net";
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
} from "@nats-io/transport-node";
import { type Address, displayUrl, readAddress } from "./address.js";
import { readCreds, readTlsFiles } from "./credential-files.js";
import { requireInboxPrefix } from "./inbox.js";
import { toleratesLateWriteErrors } from "./late-write-errors.js";
import { closingSockets } from "./sockets.js";
import { whyNot } from "./why-not.js";

export { displayUrl };

/** Where and as whom to connect. All of it is plain data, so that it can be handed to another process. */
export interface ConnectionSettings {
  /** One URL or several with commas; `user:password@` or `token@` in it is taken as credentials. */
  servers: string;
  user?: string;
  password?: string;
  /** Path of a `.creds` file (NATS JWT and seed). */
  creds?: string;
  /** Paths of PEM files. */
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
  /** What the inboxes of this connection, and of all that uses it, begin with. Default `_INBOX`. */
  inboxPrefix?: string;
  /** Shown by the server in its connection list. */
  name?: string;
  /** Only the servers named, none that they tell of: what goes through a link must not find a way round it. */
  ownServerOnly?: boolean;
  /** Milliseconds to wait for the first connection, for each server. Default 5000. */
  timeoutMs?: number;
}

/**
 * Once it stands, the connection reconnects for as long as it is not closed.
 * @throws ServerUnreachable when nobody answers, NotAuthorized when the credentials are refused,
 * InvalidInput when an address or a file is wrong.
 */
export async function openConnection(settings: ConnectionSettings): Promise<NatsConnection> {
  const address = readAddress(settings.servers);
  const options = await connectionOptions(settings, address);
  try {
    return toleratesLateWriteErrors(await closingSockets(() => connect(options)));
  } catch (error) {
    throw await whyNot(displayUrl(settings.servers), address.servers[0] as string, error);
  }
}

async function connectionOptions(
  settings: ConnectionSettings,
  address: Address,
): Promise<NodeConnectionOptions> {
  const options: ConnectionOptions & NodeConnectionOptions = {
    servers: address.servers,
    timeout: settings.timeoutMs ?? 5000,
    maxReconnectAttempts: -1,
    ...(settings.ownServerOnly && { ignoreClusterUpdates: true }),
    ...credentials(settings, address),
  };
  if (settings.name) options.name = settings.name;
  const inboxPrefix = requireInboxPrefix(settings.inboxPrefix);
  if (inboxPrefix) options.inboxPrefix = inboxPrefix;
  if (settings.creds) options.authenticator = credsAuthenticator(await readCreds(settings.creds));
  const files = settings.tlsCa || settings.tlsCert || settings.tlsKey;
  // Without this the client would go on in plain text where a tls:// server offers no TLS.
  if (files || address.tls) options.tls = { ...hostOf(address), ...(await readTlsFiles(settings)) };
  return options;
}

/** For an IP address the client names no host, and Node would look for "localhost" in the certificate. */
function hostOf({ servers }: Address): object {
  const host = new URL(servers[0] as string).hostname.replace(/^\[|\]$/g, "");
  return servers.length === 1 && isIP(host) ? { host } : {};
}

/** What is said apart from the address counts more than what stands in it. */
function credentials({ user, password }: ConnectionSettings, address: Address) {
  if (user) return { user, ...(password ? { pass: password } : {}) };
  // `nats://me@host` with a password elsewhere: then `me` is no token.
  if (password && address.token) return { user: address.token, pass: password };
  const { token, user: name, pass } = address;
  return token ? { token } : name ? { user: name, pass: password ?? pass ?? "" } : {};
}
