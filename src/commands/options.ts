// Options of the command line: parsers of their values, and the options that several commands have.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Command } from "commander";
import { nearest } from "../common/did-you-mean.js";
import { parseDuration } from "../common/duration.js";
import { type ConnectionSettings, openConnection } from "../connection/connect.js";
import { readContext, selectedContext } from "../connection/nats-context.js";
import { InvalidInputError } from "../protocol/errors.js";
import { type QueueOptions, queueOfStream } from "../protocol/queue-names.js";
import { quote, requireRequestPattern } from "../protocol/subjects.js";
import type { Handle } from "../requester/handle.js";
import { waitForSetup } from "../stream-setup/wait.js";
import { terminal } from "./terminal.js";

const hourMs = 3_600_000;

/** The error of a wrong value. */
export const unexpected = (option: string, what: string, text: string, hint = ".") =>
  new InvalidInputError(`Expected ${option} to be ${what}, got ${quote(text)}${hint}`);

/** `500ms`, `1.5s`, `2m` or `24h` -> milliseconds. By default at most what a timer of Node can hold, some 24 days. */
export function duration(
  option: string,
  { leastMs = 1, mostHours = 596 }: { leastMs?: number; mostHours?: number } = {},
): (text: string) => number {
  return (text) => {
    const ms = /^\d+(\.\d+)?h$/.test(text) ? Math.round(Number.parseFloat(text) * hourMs) : parseDuration(text);
    if (ms !== undefined && ms >= leastMs && ms <= mostHours * hourMs) return ms;
    const within = ms === undefined ? "" : ` from ${leastMs}ms to ${mostHours}h`;
    throw unexpected(option, `a duration like "500ms", "5s" or "2m"${within}`, text);
  };
}

export function wholeNumber(option: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const n = Number(text);
    if (/^-?\d+$/.test(text) && n >= least && n <= most) return n;
    throw unexpected(option, `a whole number from ${least} to ${most}`, text);
  };
}

export function timesOrAlways(option: string): (text: string) => number | "always" {
  return (text) => {
    if (text === "always") return text;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw unexpected(option, 'a whole number, 0 or more, or "always"', text);
  };
}

/** A count from 1, or -1 for no limit, as nats-server has it. */
export function limit(option: string): (text: string) => number {
  return (text) => {
    if (text === "-1" || /^[1-9]\d{0,8}$/.test(text)) return Number(text);
    throw unexpected(option, "a whole number from 1, or -1 for no limit", text);
  };
}

export function oneOf<T extends string>(option: string, ...choices: T[]): (text: string) => T {
  return (text) => {
    if (choices.includes(text as T)) return text as T;
    const [best] = nearest(text, choices);
    const hint = best === undefined ? "." : `; did you mean ${quote(best)}?`;
    throw unexpected(option, choices.join(" or "), text, hint);
  };
}

/** `a,b` as a list without repetition, in the order of `choices`. */
export function listOf<T extends string>(option: string, ...choices: T[]): (text: string) => T[] {
  const one = oneOf(option, ...choices);
  return (text) => {
    const chosen = text.split(",").map((part) => one(part.trim()));
    return choices.filter((choice) => chosen.includes(choice));
  };
}

/** Collects `<option> order=reply` into one record. */
const entries =
  (option: string, example: string) =>
  (text: string, before: Record<string, string> = {}): Record<string, string> => {
    const [, order, reply] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (order !== undefined && reply !== undefined) return { ...before, [requireRequestPattern(order)]: reply };
    throw unexpected(option, `an order and its reply like "${example}"`, text);
  };

export const menuEntry = entries("--menu", "order-tea=🍵");
export const errorEntry = entries("--error", "order-tea=sold out");
export const partsEntry = entries("--parts", "order-meal=🥗,🍝,🍨");

/** Collects `--consumer name=subject,subject` as `setup` takes them. */
export function consumerEntry(text: string, before: Record<string, { subjects: string[] }> = {}) {
  const [, name, subjects] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name !== undefined && subjects !== undefined) return { ...before, [name]: { subjects: subjects.split(",") } };
  throw unexpected("--consumer", 'a name and subjects like "batch=later.>,reports.*"', text);
}

/** Collects `--header name:value` into one record, as the nats CLI reads it. */
export function headerEntry(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value = ""] = /^([^:]+):(.*)$/s.exec(text) ?? [];
  if (name !== undefined) return { ...before, [name.trim()]: value.trim() };
  throw unexpected("--header", 'a name and its value like "X-Tenant:blue"', text);
}

/** Collects an option that is repeated. */
export const each = (text: string, before: string[] = []): string[] => [...before, text];

/** For commands that start a server of their own: `.option(...serverVersion)`. */
export const serverVersion = [
  "--server-version <which>",
  "the nats-server to start: PATH, cache, a version, or the path of one",
] as const;

/** For commands that write the reports of one run: `.option(...reportFolder)`. */
export const reportFolder = [
  "--report <folder>",
  "write the run's reports here: HTML, text, JSON, JUnit, Mermaid and Markdown",
] as const;

/** For commands about an earlier request: `.argument(...handleArgument)`. */
export const handleArgument = ["<handle>", "what `jsrr request` printed when it gave up, or with --no-wait"] as const;

// The server and the credentials of a connection, named as the nats CLI names them.

export interface ConnectionFlags {
  server?: string;
  creds?: string;
  user?: string;
  password?: string;
  tlsca?: string;
  tlscert?: string;
  tlskey?: string;
  inboxPrefix?: string;
  token?: string;
  nkey?: string;
  jwt?: string;
  tlsfirst?: boolean;
  context?: string;
}

const defaultServer = "nats://127.0.0.1:4222";

/** What `--help` says about a command without `--server`, or without `--context`. */
interface WithoutServer {
  server: string;
  context: string;
}

const anyServer: WithoutServer = {
  server: `NATS_URL; otherwise ${defaultServer}`,
  context: "NATS_CONTEXT; without a server the selected one",
};

/** By default for `connected`. */
export function addConnectionOptions(command: Command, without = anyServer): Command {
  return command
    .option("-s, --server <url>", `nats-server to use (${without.server})`)
    .option("--creds <file>", "credentials file (NATS_CREDS)")
    .option("--user <name>", "user name (NATS_USER)")
    .option("--password <text>", "password (NATS_PASSWORD)")
    .option("--token <text>", "token (NATS_TOKEN)")
    .option("--nkey <file>", "file with the NKEY seed of a user (NATS_NKEY)")
    .option("--jwt <text>", "user JWT, with --nkey for its seed (NATS_JWT)")
    .option("--tlsca <file>", "TLS certificate authority (NATS_CA)")
    .option("--tlscert <file>", "TLS client certificate (NATS_CERT)")
    .option("--tlskey <file>", "TLS client key (NATS_KEY)")
    .option("--tlsfirst", "do the TLS handshake before the server's first line")
    .option("--context <name>", `a context of the nats CLI (${without.context})`)
    .option("--inbox-prefix <subject>", "what inboxes begin with, where the account allows only that");
}

// The queue, and where its JetStream is.

export interface DomainFlags extends ConnectionFlags {
  jsDomain?: string;
  jsApiPrefix?: string;
  /** `false` is the option `--no-wait` of `jsrr request`, and `true` stands for neither. */
  wait?: number | boolean;
}

export interface QueueFlags extends DomainFlags {
  queue?: string;
}

/** For commands with a handle, which says its queue. */
export const addDomainOptions = (command: Command): Command =>
  addConnectionOptions(
    command
      .option("--js-domain <name>", "the JetStream domain of the streams, seen from a leaf node")
      .option("--js-api-prefix <subject>", "what the JetStream API begins with, where the account imports it"),
  ).option("--wait <time>", "wait this long for the server, and for the streams", duration("--wait"));

/** For commands that ask about one handle. `json` says what is printed with --json. */
export const addHandleOptions = (command: Command, json: string): Command =>
  addDomainOptions(command.argument(...handleArgument).option("--json", json));

export interface HandleFlags extends DomainFlags {
  json?: boolean;
}

export const addQueueOptions = (command: Command): Command =>
  addDomainOptions(
    command.option(
      "--queue <name>",
      "the queue, e.g. payments or staging.payments (JSRR_QUEUE; otherwise the default)",
    ),
  );

export const domainOf = ({ jsDomain: domain, jsApiPrefix: apiPrefix }: DomainFlags): QueueOptions => ({
  domain,
  apiPrefix,
});

export const queueOf = (flags: QueueFlags, env: NodeJS.ProcessEnv = terminal().env): QueueOptions => ({
  ...domainOf(flags),
  queue: flags.queue ?? (env.JSRR_QUEUE || undefined),
});

/**
 * Undefined if no option or variable names a server or a context. The flags win over the context. The selected context is not used
 * here: a scenario must not run on a server that is not named.
 */
export async function namedServer(
  flags: DomainFlags,
  env: NodeJS.ProcessEnv = terminal().env,
): Promise<ConnectionSettings | undefined> {
  // An empty --server is an unset shell variable. Falling back to another server would hide that.
  if (flags.server === "") {
    throw new InvalidInputError('Expected --server to be a URL such as nats://127.0.0.1:4222, got "".');
  }
  const contextName = flags.context ?? env.NATS_CONTEXT;
  const context = contextName
    ? await readContext(contextName, env, Boolean(flags.jsDomain || flags.jsApiPrefix))
    : undefined;
  const servers = flags.server ?? (flags.context === undefined ? env.NATS_URL : undefined) ?? context?.servers;
  if (!servers) return undefined;
  const settings = {
    servers,
    token: flags.token ?? env.NATS_TOKEN,
    nkey: flags.nkey ?? env.NATS_NKEY,
    jwt: flags.jwt ?? env.NATS_JWT,
    handshakeFirst: flags.tlsfirst,
    creds: flags.creds ?? env.NATS_CREDS,
    user: flags.user ?? env.NATS_USER,
    password: flags.password ?? env.NATS_PASSWORD,
    tlsCa: flags.tlsca ?? env.NATS_CA,
    tlsCert: flags.tlscert ?? env.NATS_CERT,
    tlsKey: flags.tlskey ?? env.NATS_KEY,
    inboxPrefix: flags.inboxPrefix,
  };
  const set = Object.entries(settings).filter(([, value]) => value);
  return { ...context, ...(Object.fromEntries(set) as unknown as ConnectionSettings) };
}

/** As `namedServer`, otherwise the selected context of the nats CLI, or port 4222 on this machine. */
async function serverOf(flags: DomainFlags): Promise<ConnectionSettings> {
  const named = await namedServer(flags);
  if (named) return named;
  const context = await selectedContext(terminal().env);
  return (await namedServer({
    ...flags,
    ...(context ? { context } : { server: defaultServer }),
  })) as ConnectionSettings;
}

/**
 * Opens a connection to the named server, calls `act` and closes it. With `--wait` it waits for the server, and for the streams of
 * `queue`, by default that of the flags.
 */
export async function connected(
  name: string,
  flags: DomainFlags,
  act: (nc: NatsConnection) => Promise<void>,
  queue: QueueOptions | "none" = queueOf(flags),
): Promise<void> {
  const waitMs = typeof flags.wait === "number" ? flags.wait : 0;
  const until = performance.now() + waitMs;
  const nc = await openConnection({ ...(await serverOf(flags)), name, waitMs });
  try {
    if (waitMs > 0 && queue !== "none") {
      await waitForSetup(nc, { ...queue, timeoutMs: Math.max(1, until - performance.now()) });
    }
    await act(nc);
  } finally {
    await nc.close();
  }
}

/** As `connected`, but `--wait` waits for the streams of the handle's queue. */
export const connectedFor = (
  { stream }: Handle,
  name: string,
  flags: DomainFlags,
  act: (nc: NatsConnection) => Promise<void>,
): Promise<void> => connected(name, flags, act, { ...domainOf(flags), ...queueOfStream(stream) });

// The options of `jsrr scenario` and `jsrr scenarios`: `.option(...seed)`.

/** @param what is changed, e.g. "the file". */
export const set = (what: string) =>
  ["--set <path=value>", `change ${what} before it is read, e.g. setup.ack_wait=2s; repeatable`, each] as const;

/** @param what is run, and how often without the option. */
export const repeat = (what: string) =>
  ["--repeat <n>", `how often to run ${what}`, wholeNumber("--repeat", 1, 10_000)] as const;

export const parallel = (description: string) =>
  ["--parallel <n>", description, wholeNumber("--parallel", 1, 64)] as const;

export const seed = [
  "--seed <n>",
  "play everything random as in the run with this seed",
  wholeNumber("--seed", 0, 2 ** 32 - 1),
] as const;
