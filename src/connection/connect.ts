// Connect: opens a connection to a nats-server with its credentials, and explains a failure.
import { isIP } from "node:net";
import {
  type ConnectionOptions,
  connect,
  type NatsConnection,
  type NodeConnectionOptions,
  wsconnect,
} from "@nats-io/transport-node";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { InvalidInputError, ServerUnreachableError } from "../protocol/errors.js";
import { connectError } from "./connect-error.js";
import { authenticatorOf, readTlsFiles } from "./credentials.js";
import { requireInboxPrefix } from "./inbox.js";
import { retryFor } from "./retry.js";
import { closingSockets, toleratesLateWriteErrors } from "./socket-workarounds.js";

/** The address and the credentials of a connection. Without `client` it is plain data, so that it can be sent to another process. */
export interface ConnectionSettings {
  /**
   * One URL or several with commas, e.g. `nats://127.0.0.1:4222`, `tls://...`, or `ws://` and `wss://` for a websocket. `user:password@`
   * or `token@` in it are credentials.
   */
  servers: string;
  user?: string;
  password?: string;
  token?: string;
  /** Path of a `.creds` file (NATS JWT and seed). It is read anew for each connect, so that a rotated JWT is used. */
  creds?: string;
  /** Path of a file with an NKEY seed (`SU...`), read anew for each connect. */
  nkey?: string;
  /** A user JWT, for which `nkey` has the seed; a bearer JWT needs none. */
  jwt?: string;
  /** Paths of PEM files. */
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
  /** The TLS handshake comes before the server's first line, as its `handshake_first` demands. Default false. */
  handshakeFirst?: boolean;
  /** What the inboxes of this connection begin with, also those of requesters and responders on it. Default `_INBOX`. */
  inboxPrefix?: string;
  /** Shown by the server in its connection list. */
  name?: string;
  /** Connect to `servers` only, and to none that a cluster announces: traffic through a link must not go round it. */
  ownServerOnly?: boolean;
  /** Milliseconds until an attempt to connect fails, for each server. Default 5000. */
  timeoutMs?: number;
  /** Milliseconds to go on trying the first connection while no server answers. Default 0: one attempt. */
  waitMs?: number;
  /** Further options of the client, which win over the others: `reconnectTimeWait`, `pingInterval`, `authenticator`, ... */
  client?: NodeConnectionOptions;
}

const connectionOptionNames = {
  ...{ servers: true, user: true, password: true, token: true, creds: true, nkey: true, jwt: true },
  ...{ tlsCa: true, tlsCert: true, tlsKey: true, handshakeFirst: true, inboxPrefix: true, name: true },
  ...{ ownServerOnly: true, timeoutMs: true, waitMs: true, client: true },
} satisfies OptionNames<ConnectionSettings>;

/**
 * Opens a connection over TCP, TLS or a websocket that reconnects until it is closed, also while the server refuses its credentials.
 * Requesters and responders work on any connection of the client as well: `connect` of `@nats-io/transport-node`, `wsconnect` of
 * `@nats-io/nats-core`.
 *
 * @throws ServerUnreachableError when no server answers (within `waitMs`), NotAuthorizedError when the server refuses the credentials,
 * InvalidInputError when an address or a file is wrong.
 * @example
 * const nc = await openConnection({ servers: "nats://127.0.0.1:4222", waitMs: 60_000 });
 * const secured = await openConnection({ servers: "tls://nats.example.com", creds: "alice.creds" });
 */
export async function openConnection(settings: ConnectionSettings): Promise<NatsConnection> {
  checkOptions("openConnection", settings, connectionOptionNames);
  const address = readAddress(settings.servers);
  const options = await connectionOptions(settings, address);
  if (address.websocket && typeof WebSocket === "undefined") {
    throw new InvalidInputError(
      "This runtime has no WebSocket (Node.js has one since 22); set globalThis.WebSocket, e.g. from the package ws.",
    );
  }
  const open = async () => {
    try {
      if (address.websocket) return await wsconnect(options);
      return toleratesLateWriteErrors(await closingSockets(() => connect(options)));
    } catch (error) {
      throw await connectError(displayUrl(settings.servers), address.servers[0] as string, error);
    }
  };
  return retryFor(settings.waitMs ?? 0, open, (error) => error instanceof ServerUnreachableError);
}

async function connectionOptions(settings: ConnectionSettings, address: Address): Promise<NodeConnectionOptions> {
  const options: ConnectionOptions & NodeConnectionOptions = {
    servers: address.servers,
    timeout: settings.timeoutMs ?? 5000,
    maxReconnectAttempts: -1,
    // While credentials are rotated, the server may refuse them for some seconds: no reason to end the connection for good.
    ignoreAuthErrorAbort: true,
    ...(settings.ownServerOnly && { ignoreClusterUpdates: true }),
    ...credentials(settings, address),
  };
  if (settings.name) options.name = settings.name;
  const inboxPrefix = requireInboxPrefix(settings.inboxPrefix);
  if (inboxPrefix) options.inboxPrefix = inboxPrefix;
  const authenticator = await authenticatorOf(settings);
  if (authenticator) options.authenticator = authenticator;
  const { handshakeFirst } = settings;
  const files = settings.tlsCa || settings.tlsCert || settings.tlsKey;
  if (address.websocket && (files || handshakeFirst)) {
    throw new InvalidInputError(
      "A websocket takes no TLS files and no handshakeFirst: the platform makes its connection. Node reads NODE_EXTRA_CA_CERTS.",
    );
  }
  // Without this the client would go on in plain text where a tls:// server offers no TLS.
  if (files || address.tls || handshakeFirst) {
    options.tls = { ...hostOf(address), ...(await readTlsFiles(settings)), ...(handshakeFirst && { handshakeFirst }) };
  }
  return { ...options, ...settings.client };
}

/** For an IP address the client names no host, and Node would look for "localhost" in the certificate. */
function hostOf({ servers }: Address): object {
  const host = new URL(servers[0] as string).hostname.replace(/^\[|\]$/g, "");
  return servers.length === 1 && isIP(host) ? { host } : {};
}

/** `user` and `password` of the settings win over those in the address. */
function credentials({ user, password, token: ownToken }: ConnectionSettings, address: Address) {
  if (ownToken) return { token: ownToken };
  if (user) return { user, ...(password ? { pass: password } : {}) };
  // `nats://me@host` with the password in the settings: then `me` is no token.
  if (password && address.token) return { user: address.token, pass: password };
  const { token, user: name, pass } = address;
  return token ? { token } : name ? { user: name, pass: password ?? pass ?? "" } : {};
}

// Server addresses: parsed into hosts and credentials, and displayed without the credentials.

interface Address {
  /** `nats://host:port`, never with credentials. */
  servers: string[];
  /** All are websockets. */
  websocket?: true;
  /** At least one address is `tls://`: a server without TLS will not do. */
  tls: boolean;
  user?: string;
  pass?: string;
  token?: string;
}

/**
 * One URL or several with commas. `user:password@` is a user, `token@` a token.
 * @throws InvalidInputError, without the credentials in its message.
 */
export function readAddress(servers: string): Address {
  const parts = servers.split(",").map((part) => part.trim());
  const urls = parts.filter(Boolean).map((part) => parseUrl(part, servers));
  if (urls.length === 0) throw notAnAddress(servers);
  const address = {
    servers: urls.map((url) => `${url.protocol}//${url.host}${isWebSocket(url) ? url.pathname : ""}`),
    tls: urls.some((url) => url.protocol === "tls:"),
    ...webSocketOf(urls),
  };
  const named = urls.find((url) => url.username);
  if (!named) return address;
  const user = decode(named.username);
  if (!named.password) return { ...address, token: user };
  return { ...address, user, pass: decode(named.password) };
}

/** @throws InvalidInputError if some are websockets and others are not. */
function webSocketOf(urls: readonly URL[]): { websocket?: true } {
  const websockets = urls.filter(isWebSocket).length;
  if (websockets === 0) return {};
  if (websockets === urls.length) return { websocket: true };
  throw new InvalidInputError("Expected all servers to be websockets (ws://, wss://) or none of them.");
}

const isWebSocket = ({ protocol }: URL) => /^wss?:$/.test(protocol);

/**
 * The address without its credentials, for messages and reports. Also for a text that is no address: everything before the last `@` may
 * be a secret. A password may hold a comma: what stands before an `@` without a scheme of its own may be the beginning of it.
 */
export function displayUrl(servers: string): string {
  const shown: string[] = [];
  for (const part of servers.split(",")) {
    const [, scheme, before, host = ""] = /^([a-z]+:\/\/)?(.*@)?(.*)$/is.exec(part.trim()) ?? [];
    if (before && !scheme) shown.length = 0;
    shown.push(`${scheme ?? ""}${host}`);
  }
  return shown.join(",");
}

/** `servers` is the whole address: in one part alone nothing separates the credentials from the host. */
function parseUrl(text: string, servers: string): URL {
  const full = /^[a-z]+:\/\//i.test(text) ? text : `nats://${text}`;
  if (!URL.canParse(full)) throw notAnAddress(servers);
  const url = new URL(full);
  if (/^(nats|tls|wss?):$/.test(url.protocol) && url.hostname) return url;
  throw notAnAddress(servers);
}

function notAnAddress(text: string): InvalidInputError {
  const hint = text.includes("@") ? "; in a user name or password, write @ / : , % as %40 %2F %3A %2C %25" : "";
  return new InvalidInputError(
    `Expected a server URL such as nats://127.0.0.1:4222, got ${JSON.stringify(displayUrl(text))}${hint}.`,
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InvalidInputError(
      "The user name or password in the server URL holds a % that is no escape; write it as %25, or use --user and --password.",
    );
  }
}
