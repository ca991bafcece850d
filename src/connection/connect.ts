// Connect: opens a connection to a nats-server with its credentials, and explains a failure.
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
} from "@nats-io/transport-node";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { InvalidInputError } from "../protocol/errors.js";
import { connectError } from "./connect-error.js";
import { requireInboxPrefix } from "./inbox.js";
import { closingSockets, toleratesLateWriteErrors } from "./socket-workarounds.js";

/** The address and the credentials of a connection. Plain data, so that it can be sent to another process. */
export interface ConnectionSettings {
  /** One URL or several with commas, e.g. `nats://127.0.0.1:4222`. `user:password@` or `token@` in it are credentials. */
  servers: string;
  user?: string;
  password?: string;
  /** Path of a `.creds` file (NATS JWT and seed). */
  creds?: string;
  /** Paths of PEM files. */
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
  /** What the inboxes of this connection begin with, also those of requesters and responders on it. Default `_INBOX`. */
  inboxPrefix?: string;
  /** Shown by the server in its connection list. */
  name?: string;
  /** Connect to `servers` only, and to none that a cluster announces: traffic through a link must not go round it. */
  ownServerOnly?: boolean;
  /** Milliseconds until an attempt to connect fails, for each server. Default 5000. */
  timeoutMs?: number;
}

const connectionOptionNames = {
  ...{ servers: true, user: true, password: true, creds: true, tlsCa: true, tlsCert: true, tlsKey: true },
  ...{ inboxPrefix: true, name: true, ownServerOnly: true, timeoutMs: true },
} satisfies OptionNames<ConnectionSettings>;

/**
 * Opens a connection over TCP or TLS that reconnects until it is closed, also while the server refuses its credentials. Requesters and responders work on any connection of the client
 * as well: `connect` of `@nats-io/transport-node`, `wsconnect` of `@nats-io/nats-core`.
 *
 * @throws ServerUnreachableError when no server answers, NotAuthorizedError when the server refuses the credentials,
 * InvalidInputError when an address or a file is wrong.
 * @example
 * const nc = await openConnection({ servers: "nats://127.0.0.1:4222" });
 * const secured = await openConnection({ servers: "tls://nats.example.com", creds: "alice.creds" });
 */
export async function openConnection(settings: ConnectionSettings): Promise<NatsConnection> {
  checkOptions("openConnection", settings, connectionOptionNames);
  const address = readAddress(settings.servers);
  const options = await connectionOptions(settings, address);
  try {
    return toleratesLateWriteErrors(await closingSockets(() => connect(options)));
  } catch (error) {
    throw await connectError(displayUrl(settings.servers), address.servers[0] as string, error);
  }
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

/** `user` and `password` of the settings win over those in the address. */
function credentials({ user, password }: ConnectionSettings, address: Address) {
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
    servers: urls.map((url) => `${url.protocol}//${url.host}`),
    tls: urls.some((url) => url.protocol === "tls:"),
  };
  const named = urls.find((url) => url.username);
  if (!named) return address;
  const user = decode(named.username);
  if (!named.password) return { ...address, token: user };
  return { ...address, user, pass: decode(named.password) };
}

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
  if (/^(nats|tls):$/.test(url.protocol) && url.hostname) return url;
  throw notAnAddress(servers);
}

function notAnAddress(text: string): InvalidInputError {
  const hint = /(^|,\s*)wss?:/i.test(text)
    ? "; for a websocket, connect with the client's own wsconnect()"
    : text.includes("@")
      ? "; in a user name or password, write @ / : , % as %40 %2F %3A %2C %25"
      : "";
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

// Credentials and TLS files: read and checked before the connection, because the client reports a wrong file as a server that cannot be
// reached.

interface TlsFiles {
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
}

interface TlsTexts {
  ca?: string;
  cert?: string;
  key?: string;
}

/** @throws InvalidInputError when the file cannot be read or holds no credentials. */
async function readCreds(path: string): Promise<Uint8Array> {
  const text = await readNamed("--creds", path);
  if (/BEGIN NATS USER JWT[\s\S]*BEGIN USER NKEY SEED/.test(text)) return new TextEncoder().encode(text);
  throw new InvalidInputError(
    `${path} (--creds) is no credentials file: it has to hold a NATS user JWT and an NKEY seed, as nsc writes it.`,
  );
}

/** @throws InvalidInputError when a file cannot be read, is no PEM file, or does not go with the others. */
async function readTlsFiles({ tlsCa, tlsCert, tlsKey }: TlsFiles): Promise<TlsTexts> {
  if (Boolean(tlsCert) !== Boolean(tlsKey)) {
    throw new InvalidInputError("A client certificate needs both --tlscert and --tlskey; give the other one too.");
  }
  const files = { ca: tlsCa, cert: tlsCert, key: tlsKey };
  const given = Object.entries(files).flatMap(([name, path]) => (path ? [{ name, path }] : []));
  const texts = Object.fromEntries(
    await Promise.all(given.map(async ({ name, path }) => [name, await readPem(`--tls${name}`, path)] as const)),
  );
  try {
    createSecureContext(texts);
  } catch (cause) {
    const paths = given.map(({ path }) => path).join(", ");
    throw new InvalidInputError(`The TLS files cannot be used (${paths}): ${(cause as Error).message}.`, { cause });
  }
  return texts;
}

async function readPem(option: string, path: string): Promise<string> {
  const text = await readNamed(option, path);
  if (text.includes("-----BEGIN ")) return text;
  throw new InvalidInputError(`${path} (${option}) is no PEM file: it has no "-----BEGIN ..." line.`);
}

async function readNamed(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new InvalidInputError(`Cannot read ${path} (${option}): ${inWords(cause as NodeJS.ErrnoException)}.`, {
      cause,
    });
  }
}

const words: Record<string, string> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "this user may not read it",
};

const inWords = ({ code, message }: NodeJS.ErrnoException) => words[code ?? ""] ?? message;
