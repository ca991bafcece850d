// Contexts of the `nats` CLI: the server and the credentials that `nats context save` has stored, by name or as selected.
import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { didYouMean } from "../common/did-you-mean.js";
import { InvalidInputError } from "../protocol/errors.js";
import { quote } from "../protocol/subjects.js";
import type { ConnectionSettings } from "./connect.js";

/** What a context file may hold, of what concerns a connection. All are texts but `tls_first`; an empty text is none. */
interface ContextFile {
  url?: string;
  user?: string;
  password?: string;
  token?: string;
  creds?: string;
  nkey?: string;
  user_jwt?: string;
  ca?: string;
  cert?: string;
  key?: string;
  tls_first?: boolean;
  inbox_prefix?: string;
  nsc?: string;
  socks_proxy?: string;
  jetstream_domain?: string;
  jetstream_api_prefix?: string;
}

const folderOf = (env: NodeJS.ProcessEnv) =>
  join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "nats");

/** The name of the selected context (`nats context select`); undefined if none is. */
export async function selectedContext(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const name = await readFile(join(folderOf(env), "context.txt"), "utf8").catch(() => "");
  return name.trim() || undefined;
}

/**
 * `namesDomain`: the command line says where JetStream is.
 * @throws InvalidInputError when there is no such context, or when its file has what the kit does not support.
 */
export async function readContext(
  name: string,
  env: NodeJS.ProcessEnv,
  namesDomain: boolean,
): Promise<ConnectionSettings> {
  if (!/^[^/\\]+$/.test(name) || name.startsWith("..")) {
    throw new InvalidInputError(`Expected --context to be the name of a context, got ${quote(name)}.`);
  }
  const path = join(folderOf(env), "context", `${name}.json`);
  const context = parse(name, path, await read(name, path, env));
  for (const field of ["nsc", "socks_proxy"] as const) {
    if (context[field])
      throw new InvalidInputError(`Context ${quote(name)} has ${field}, which jsrr does not support.`);
  }
  const { jetstream_domain: domain, jetstream_api_prefix: prefix } = context;
  if ((domain || prefix) && !namesDomain) {
    const option = domain ? `--js-domain ${domain}` : `--js-api-prefix ${prefix}`;
    throw new InvalidInputError(`Context ${quote(name)} is about another JetStream: give ${option}, too.`);
  }
  return present({
    servers: context.url || "nats://127.0.0.1:4222",
    user: context.user,
    password: context.password,
    token: context.token,
    creds: context.creds && inHome(context.creds, env),
    nkey: context.nkey && inHome(context.nkey, env),
    jwt: context.user_jwt,
    tlsCa: context.ca && inHome(context.ca, env),
    tlsCert: context.cert && inHome(context.cert, env),
    tlsKey: context.key && inHome(context.key, env),
    handshakeFirst: context.tls_first,
    inboxPrefix: context.inbox_prefix,
  });
}

async function read(name: string, path: string, env: NodeJS.ProcessEnv): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const files = await readdir(join(folderOf(env), "context")).catch(() => []);
    const names = files.filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -".json".length));
    const hint = didYouMean(name, names, "there is") ?? "there is none: `nats context save` makes one.";
    throw new InvalidInputError(`There is no context ${quote(name)} (${path}); ${hint}`, { cause });
  }
}

function parse(name: string, path: string, text: string): ContextFile {
  try {
    const context: unknown = JSON.parse(text);
    if (typeof context === "object" && context !== null) return context as ContextFile;
  } catch {
    // It is reported below.
  }
  throw new InvalidInputError(`Context ${quote(name)} is no JSON object: see ${path}.`);
}

const inHome = (path: string, env: NodeJS.ProcessEnv) => path.replace(/^~(?=\/|$)/, env.HOME || homedir());

const present = (settings: object): ConnectionSettings =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value)) as unknown as ConnectionSettings;
