// Options of the command line: parsers of their values, and the options that several commands have.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Command } from "commander";
import { nearest } from "../common/did-you-mean.js";
import { parseDuration } from "../common/duration.js";
import { type ConnectionSettings, openConnection } from "../connection/connect.js";
import { InvalidInputError } from "../protocol/errors.js";
import { quote, requireRequestPattern } from "../protocol/subjects.js";
import { terminal } from "./terminal.js";

const hourMs = 3_600_000;

const unexpected = (option: string, what: string, text: string, hint = ".") =>
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
}

const defaultServer = "nats://127.0.0.1:4222";

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

/** Undefined if neither `--server` nor `NATS_URL` names a server. */
export function namedServer(
  flags: ConnectionFlags,
  env: NodeJS.ProcessEnv = terminal().env,
): ConnectionSettings | undefined {
  // An empty --server is an unset shell variable. Falling back to another server would hide that.
  if (flags.server === "") {
    throw new InvalidInputError('Expected --server to be a URL such as nats://127.0.0.1:4222, got "".');
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
  const set = Object.entries(settings).filter(([, value]) => value);
  return Object.fromEntries(set) as unknown as ConnectionSettings;
}

/** Opens a connection to the named server, by default to port 4222 on this machine, calls `act` and closes it. */
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
