// Opens a connection to a nats-server, with the usual credentials, and tells plainly why it could not.
import { readFile } from "node:fs/promises";
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  errors,
  type NatsConnection,
  type NodeConnectionOptions,
} from "@nats-io/transport-node";
import { InvalidInput, NotAuthorized, ServerUnreachable } from "../protocol/errors.js";

/** Where and as whom to connect. All of it is plain data, so that it can be handed to another process. */
export interface ConnectionSettings {
  /** One URL or several with commas; `user:password@` or `token@` in it is taken as credentials. */
  servers: string;
  user?: string;
  password?: string;
  /** Path of a `.creds` file (NATS JWT and seed). */
  creds?: string;
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
  /** Shown by the server in its connection list. */
  name?: string;
  /** Milliseconds to wait for the first connection. Default 5000. */
  timeoutMs?: number;
}

/**
 * @throws ServerUnreachable when nobody answers, NotAuthorized when the credentials are refused,
 * InvalidInput when an address or a file is wrong.
 */
export async function openConnection(settings: ConnectionSettings): Promise<NatsConnection> {
  const options = await connectionOptions(settings);
  try {
    return await connect(options);
  } catch (error) {
    throw whyNot(displayUrl(settings.servers), error);
  }
}

/** The address without its credentials, for messages and reports. */
export function displayUrl(servers: string): string {
  return servers.replace(/\/\/[^@/,]*@/g, "//");
}

async function connectionOptions(settings: ConnectionSettings): Promise<NodeConnectionOptions> {
  const { servers, ...found } = splitCredentials(settings.servers);
  const options: ConnectionOptions & NodeConnectionOptions = {
    servers,
    timeout: settings.timeoutMs ?? 5000,
    maxReconnectAttempts: -1,
    ...found,
  };
  if (settings.name) options.name = settings.name;
  if (settings.user) options.user = settings.user;
  if (settings.password) options.pass = settings.password;
  if (settings.creds) options.authenticator = credsAuthenticator(await readNamed("--creds", settings.creds));
  if (settings.tlsCa || settings.tlsCert || settings.tlsKey) options.tls = await tlsOptions(settings);
  return options;
}

function splitCredentials(servers: string): {
  servers: string[];
  user?: string;
  pass?: string;
  token?: string;
} {
  const urls = servers
    .split(",")
    .map((s) => s.trim())
    .filter(Boolean)
    .map(parseUrl);
  if (urls.length === 0) {
    throw new InvalidInput('Expected a server URL such as nats://127.0.0.1:4222, got "".');
  }
  const hosts = urls.map((u) => `${u.protocol}//${u.host}`);
  const withUser = urls.find((u) => u.username);
  if (!withUser) return { servers: hosts };
  const user = decodeURIComponent(withUser.username);
  if (!withUser.password) return { servers: hosts, token: user };
  return { servers: hosts, user, pass: decodeURIComponent(withUser.password) };
}

function parseUrl(text: string): URL {
  const full = /^[a-z]+:\/\//i.test(text) ? text : `nats://${text}`;
  if (URL.canParse(full) && /^(nats|tls):$/.test(new URL(full).protocol) && new URL(full).hostname) {
    return new URL(full);
  }
  throw new InvalidInput(
    `Expected a server URL such as nats://127.0.0.1:4222, got ${JSON.stringify(displayUrl(text))}.`,
  );
}

async function tlsOptions(
  settings: ConnectionSettings,
): Promise<{ ca?: string; cert?: string; key?: string }> {
  const files = { ca: settings.tlsCa, cert: settings.tlsCert, key: settings.tlsKey };
  const entries = Object.entries(files).flatMap(([key, path]) => (path ? [[key, path] as const] : []));
  const read = entries.map(async ([key, path]) => [key, await readText(`--tls${key}`, path)] as const);
  return Object.fromEntries(await Promise.all(read));
}

async function readNamed(option: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new InvalidInput(`Cannot read the file of ${option}: ${(cause as Error).message}.`, { cause });
  }
}

const readText = async (option: string, path: string) =>
  new TextDecoder().decode(await readNamed(option, path));

function whyNot(url: string, error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  const cause = { cause: error };
  if (error instanceof errors.AuthorizationError || /authoriz|authentic/i.test(text)) {
    return new NotAuthorized(
      `The server at ${url} refused the credentials (${text}); check --creds, --user and --password.`,
      cause,
    );
  }
  const reason = /timeout/i.test(text) ? "no answer in time" : text.replace(/\.$/, "");
  return new ServerUnreachable(
    `No nats-server can be reached at ${url} (${reason}); start one, or give another address with --server or NATS_URL.`,
    cause,
  );
}
