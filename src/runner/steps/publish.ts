// Steps `publish` and `replay` in a run: the laboratory publishes over its own connection.
import { headers as newHeaders } from "@nats-io/nats-core";
import { publishOnce } from "../../connection/publish.js";
import { listDeadLetters } from "../../dead-letters/list.js";
import { replayDeadLetter } from "../../dead-letters/replay.js";
import { InvalidInputError, KitError } from "../../protocol/errors.js";
import { readRequest } from "../../protocol/headers.js";
import { defaultNames } from "../../protocol/queue-names.js";
import type { RunContext } from "../run-context.js";
import { nothing, type RunStep, type StepOf } from "./step.js";

const { requestStream, replyStream, deadLetterStream } = defaultNames;

/** Whose subjects begin so. */
const streams: [prefix: string, stream: string][] = [
  [defaultNames.requestPrefix, requestStream],
  [defaultNames.replyPrefix, replyStream],
  [defaultNames.deadLetterPrefix, deadLetterStream],
];

export const publish: RunStep<"publish"> = async (context, step) => {
  const stream = streams.find(([prefix]) => step.subject.startsWith(prefix))?.[1];
  if (stream !== undefined) return nothing(store(context, step, stream));
  const { nc } = context.environment;
  nc.publish(step.subject, step.payload, { headers: headersOf(step) });
  await nc.flush();
  context.record({ type: "published", subject: step.subject });
  return undefined;
};

async function store(context: RunContext, step: StepOf<"publish">, stream: string): Promise<void> {
  const { subject, as, payload, line } = step;
  const headers = headersOf(step);
  const stored = await publishOnce(context.environment.nc, defaultNames, subject, payload, headers);
  if (stored instanceof KitError) {
    if (as !== undefined)
      throw new InvalidInputError(`The request ${as} of line ${line} could not be published: ${stored.message}`);
    return context.record({ type: "published", subject, stream, refused: stored.message });
  }
  const { sequence } = stored;
  if (stream !== requestStream) return context.record({ type: "published", subject, stream, sequence });
  const { id: request = `${stream}:${sequence}` } = readRequest({ headers, reply: "", subject });
  const duplicate = stored.duplicate ? (true as const) : undefined;
  context.record({ type: "published-request", request, as, subject, stream, sequence, duplicate });
}

/** As the file has them: their names are not made uniform. */
function headersOf({ headers }: StepOf<"publish">) {
  const made = newHeaders();
  for (const [name, value] of Object.entries(headers)) made.set(name, value);
  return made;
}

// The laboratory replays dead letters, over its own connection.

/** Every dead letter of this name: a load may have several. */
export const replay: RunStep<"replay"> = async (context, { request: alias, line }) => {
  const requests = new Set(context.history.outcomes.requestsOf(alias));
  const dead = await listDeadLetters(context.environment.nc);
  const letters = dead.filter(({ request }) => requests.has(request));
  if (letters.length === 0) {
    throw new InvalidInputError(
      `There is no dead letter of ${alias} to replay in line ${line}: wait for it first, with \`after: ${alias}.terminated\` ` +
        `or \`eventually: { ${alias}: dead-lettered }\`.`,
    );
  }
  for (const { sequence: deadLetter } of letters) {
    const { request, outcome, sequence } = await replayDeadLetter(context.environment.nc, deadLetter);
    if (outcome === "over" || sequence === undefined)
      throw new InvalidInputError(
        `The dead letter of ${alias} was not replayed: ${alias} has another status by now, or was replayed before. ` +
          "Replay a request once for each time that it is dead-lettered.",
      );
    context.record({ type: "replayed", request, deadLetter, stream: requestStream, sequence });
  }
  return undefined;
};
