// `jsrr dead-letters`: lists the requests whose last attempt failed, and replays them.

import type { NatsConnection } from "@nats-io/nats-core";
import type { Command } from "commander";
import { count } from "../common/plural.js";
import { type DeadLetter, listDeadLetters } from "../dead-letters/list.js";
import { type ReplayResult, replayDeadLetter } from "../dead-letters/replay.js";
import { InvalidInputError } from "../protocol/errors.js";
import { queueNames } from "../protocol/queue-names.js";
import { addQueueOptions, connected, type QueueFlags, queueOf, wholeNumber } from "./options.js";
import { say, sayJson } from "./terminal.js";

interface Flags extends QueueFlags {
  json?: boolean;
  all?: boolean;
}

export function configure(command: Command): Command {
  const list = command
    .command("list")
    .description("list them, oldest first, each with its reason")
    .option("--json", "print them as JSON")
    .action((flags: Flags) => connected("jsrr dead-letters list", flags, (nc) => printList(nc, flags)));
  const replay = command
    .command("replay")
    .description("send one again, or all; the reply reaches its first requester")
    .argument(
      "[sequence]",
      "its number in the stream of dead letters",
      wholeNumber("the sequence", 1, Number.MAX_SAFE_INTEGER),
    )
    .option("--all", "every dead letter there is now, oldest first")
    .option("--json", "print what was done as JSON")
    .action((sequence: number | undefined, flags: Flags) => {
      if ((sequence === undefined) === !flags.all)
        throw new InvalidInputError("Expected the sequence of one dead letter, or --all.");
      return connected("jsrr dead-letters replay", flags, (nc) => replayAndPrint(nc, sequence, flags));
    });
  for (const inner of [list, replay]) addQueueOptions(inner);
  return command;
}

async function printList(nc: NatsConnection, flags: Flags): Promise<void> {
  const letters = await listDeadLetters(nc, queueOf(flags));
  if (flags.json) sayJson(letters.map(({ payload, ...rest }) => ({ ...rest, bytes: payload.length })));
  else if (letters.length === 0) say("no dead letters");
  else for (const letter of letters) say(lineOf(letter));
}

const lineOf = ({ sequence, time, subject, request, deliveries, reason, omittedBytes }: DeadLetter) =>
  `${sequence}  ${time.toISOString()}  ${subject}  ${request}  ${count(deliveries, "delivery", "deliveries")}${omittedBytes ? `, ${count(omittedBytes, "byte")} did not fit` : ""}: ${reason}`;

async function replayAndPrint(nc: NatsConnection, sequence: number | undefined, flags: Flags): Promise<void> {
  const letters = sequence === undefined ? await listDeadLetters(nc, queueOf(flags)) : [{ sequence, omittedBytes: 0 }];
  const done: ReplayResult[] = [];
  try {
    for (const { sequence: one } of letters.filter(({ omittedBytes }) => !omittedBytes)) {
      const replayed = await replayDeadLetter(nc, one, queueOf(flags));
      done.push(replayed);
      if (!flags.json) say(outcomeOf(replayed, queueNames(queueOf(flags)).requestStream));
    }
  } finally {
    // After an error, too: JSON of what was replayed before it.
    if (flags.json) sayJson(done);
  }
  const incomplete = letters.filter(({ omittedBytes }) => omittedBytes).map((letter) => letter.sequence);
  if (incomplete.length === 0) return;
  throw new InvalidInputError(
    `Not replayed, because the payload did not fit into the stream of dead letters: ${incomplete.join(", ")}. Send these requests again where they came from.`,
  );
}

const outcomeOf = ({ deadLetter, request, outcome, sequence }: ReplayResult, stream: string) =>
  outcome === "replayed"
    ? `${deadLetter}  ${request}  replayed as message ${sequence} of ${stream}`
    : `${deadLetter}  ${request}  has another status by now; only the dead letter was removed`;
