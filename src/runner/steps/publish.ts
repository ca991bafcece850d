// The laboratory publishes a message by hand, over its own connection.

import { headers as newHeaders } from "@nats-io/nats-core";
import { publishOnce } from "../../connection/publish.js";
import { listDeadLetters } from "../../dead-letters/list.js";
import { replayDeadLetter } from "../../dead-letters/replay.js";
import { InvalidInputError, KitError } from "../../protocol/errors.js";
import { readRequest } from "../../protocol/messages.js";
import { deadLetterStream, replyStream, requestStream } from "../../protocol/subjects.js";
import type { PublishAction } from "../../scenario/model.js";
import type { Lab } from "../run-context.js";
import type { Perform } from "./step.js";

/** Whose subjects begin so. */
const streams: [prefix: string, stream: string][] = [
  ["requests.", requestStream],
  ["replies.", replyStream],
  ["dead-letters.", deadLetterStream],
];

export const publish: Perform<"publish"> = async (lab, action) => {
  const stream = streams.find(([prefix]) => action.subject.startsWith(prefix))?.[1];
  if (stream !== undefined) await store(lab, action, stream, action.line);
  else {
    const { nc } = lab.environment;
    nc.publish(action.subject, action.payload, { headers: headersOf(action) });
    await nc.flush();
    lab.record({ type: "published", subject: action.subject });
  }
  return undefined;
};

async function store(lab: Lab, action: PublishAction, stream: string, line: number): Promise<void> {
  const { subject, as, payload } = action;
  const headers = headersOf(action);
  const stored = await publishOnce(lab.environment.nc, subject, payload, headers);
  if (stored instanceof KitError) {
    if (as !== undefined)
      throw new InvalidInputError(
        `The request ${as} of line ${line} could not be published: ${stored.message}`,
      );
    return lab.record({ type: "published", subject, stream, refused: stored.message });
  }
  const { sequence } = stored;
  if (stream !== requestStream) return lab.record({ type: "published", subject, stream, sequence });
  const { id: request = `${stream}:${sequence}` } = readRequest({ headers, reply: "", subject });
  const named = as === undefined ? {} : { as };
  const again = stored.duplicate ? { duplicate: true as const } : {};
  lab.record({ type: "published-request", request, ...named, subject, stream, sequence, ...again });
}

/** As the file has them: their names are not made uniform. */
function headersOf({ headers }: PublishAction) {
  const made = newHeaders();
  for (const [name, value] of Object.entries(headers)) made.set(name, value);
  return made;
}

// The laboratory replays dead letters, over its own connection.

/** Every dead letter of this name: a load may have several. */
export const replay: Perform<"replay"> = async (lab, { request: alias, line }) => {
  const requests = new Set(lab.history.outcomes.requestsOf(alias));
  const dead = await listDeadLetters(lab.environment.nc);
  const letters = dead.filter(({ request }) => requests.has(request));
  if (letters.length === 0) {
    throw new InvalidInputError(
      `There is no dead letter of ${alias} to replay in line ${line}: wait for it first, with \`after: ${alias}.terminated\` ` +
        `or \`eventually: { ${alias}: dead-lettered }\`.`,
    );
  }
  for (const { sequence } of letters) await replayOne(lab, alias, sequence);
  return undefined;
};

async function replayOne(lab: Lab, alias: string, letter: number): Promise<void> {
  const { request, outcome, sequence } = await replayDeadLetter(lab.environment.nc, letter);
  if (outcome === "over" || sequence === undefined) {
    throw new InvalidInputError(
      `The dead letter of ${alias} was not replayed: ${alias} has another status by now, or was replayed before. ` +
        "Replay a request once for each time that it is dead-lettered.",
    );
  }
  lab.record({ type: "replayed", request, deadLetter: letter, stream: requestStream, sequence });
}
