// The options `--actor`, `--actor-env`, `--actor-cwd`, `--actor-ready` and `--actor-ready-within`: what runs in the place of external actors.
import parseArguments from "string-argv";
import { InvalidInputError } from "../../protocol/errors.js";
import type { ExternalCommand } from "../../runner/external-process.js";
import { unexpected } from "../options.js";

export interface ActorFlags {
  actor?: string[];
  actorEnv?: string[];
  actorCwd?: string;
  actorReady?: string[];
  actorReadyWithin?: number;
}

/** @throws InvalidInputError for an option that is not `name=...`, or that is about an actor without a command. */
export function externalCommands(flags: ActorFlags): Record<string, ExternalCommand> {
  const env = Object.fromEntries((flags.actorEnv ?? []).map((text) => pair("--actor-env", "KEY=value", text)));
  const commands: Record<string, ExternalCommand> = {};
  for (const [name, text] of (flags.actor ?? []).map((one) => pair("--actor", "bob='command argument'", one))) {
    if (commands[name]) throw new InvalidInputError(`Expected one --actor for ${name}, got two.`);
    const command = parseArguments(text);
    if (command.length === 0) throw new InvalidInputError(`Expected --actor ${name}= to be followed by a command.`);
    commands[name] = { command, env, cwd: flags.actorCwd, readyWithinMs: flags.actorReadyWithin };
  }
  for (const [name, ready] of (flags.actorReady ?? []).map((one) => pair("--actor-ready", "bob='listening'", one))) {
    const command = commands[name];
    if (!command) throw new InvalidInputError(`Expected --actor ${name}='command' next to --actor-ready ${name}=...`);
    commands[name] = { ...command, ready: signOf(ready) };
  }
  return commands;
}

/** `:8080` is a port, `/listening on \d+/` a pattern, and everything else a text. */
function signOf(ready: string): ExternalCommand["ready"] {
  const [, port] = /^:(\d{1,5})$/.exec(ready) ?? [];
  if (port !== undefined) return { port: Number(port) };
  const [, pattern] = /^\/(.+)\/$/.exec(ready) ?? [];
  if (pattern === undefined) return ready;
  try {
    return new RegExp(pattern);
  } catch {
    throw unexpected("--actor-ready", "a regular expression between two slashes", ready);
  }
}

function pair(option: string, example: string, text: string): [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw unexpected(option, `like ${example}`, text);
}
