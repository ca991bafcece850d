// `jsrr request --many` and `--core`, and `jsrr collect`: prints replies as they come, and then what became of the request.

import type { NatsConnection } from "@nats-io/nats-core";
import { type Command, Option } from "commander";
import { InvalidInputError } from "../protocol/errors.js";
import type { LastReply, ManyReply } from "../requester/reply-stream.js";
import { requestMany } from "../runner/actors/core-requester.js";
import { EndWith, exit } from "./errors.js";
import { duration, wholeNumber } from "./options.js";
import { note, say } from "./terminal.js";

export interface ManyFlags {
  many?: boolean;
  core?: boolean;
  stall?: number;
  maximum?: number;
  timeout: number;
  json?: boolean;
}

export const addManyOptions = (command: Command): Command =>
  command
    .option("--many", "print several replies as they come: the parts, and then the last one")
    .addOption(
      new Option("--stall <time>", "with --many: longest pause between two of them").argParser(
        duration("--stall"),
      ),
    )
    .option("--maximum <n>", "with --many: stop after so many", wholeNumber("--maximum", 1, 1_000_000_000))
    .option(
      "--core",
      "ask any core NATS subject, where nothing is stored: jsrr request greet.joe --core --many",
    );

/** @throws InvalidInputError when an option is there without the one that it belongs to. */
export function limitsOf({ many, stall, maximum }: ManyFlags): { stallMs?: number; maximum?: number } {
  if (!many && (stall !== undefined || maximum !== undefined)) {
    throw new InvalidInputError(
      "Expected --many with --stall and --maximum: they are about several replies.",
    );
  }
  return {
    ...(stall === undefined ? {} : { stallMs: stall }),
    ...(maximum === undefined ? {} : { maximum }),
  };
}

/** The last reply; undefined where they ended without it. `parts` are how many were printed before. */
export async function printAll(
  replies: AsyncIterable<ManyReply>,
  { json }: { json?: boolean },
): Promise<{ last?: LastReply; parts: number }> {
  let parts = 0;
  for await (const reply of replies) {
    if (reply.last) return { last: reply, parts };
    parts++;
    say(json ? JSON.stringify({ part: reply.part, payload: reply.text }) : reply.text);
  }
  return { parts };
}

/** After parts each reply is a line of JSON. */
export function lastAfterParts({ status, text, parts }: LastReply, { json }: { json?: boolean }): void {
  if (json) say(JSON.stringify({ status, payload: text, parts }));
  else if (status !== "ok") note(`${status}: ${text}`);
  else if (text !== "") say(text);
  if (status !== "ok") throw new EndWith(exit.violated);
}

/** Core request-reply; without `--many` the first answer will do. No answer at all is told by the exit code. */
export async function askCore(
  nc: NatsConnection,
  subject: string,
  payload: string | Uint8Array,
  flags: ManyFlags,
): Promise<void> {
  const limits = { ...limitsOf(flags), timeoutMs: flags.timeout, ...(flags.many ? {} : { maximum: 1 }) };
  let count = 0;
  for await (const { status, text } of requestMany(nc, subject, payload, limits)) {
    count++;
    if (flags.json) say(JSON.stringify({ status, payload: text }));
    else if (status === "ok") say(text);
    else note(`${status}: ${text}`);
  }
  if (count > 0) return;
  note(`No reply within ${flags.timeout} ms, and nothing was stored.`);
  throw new EndWith(exit.violated);
}
