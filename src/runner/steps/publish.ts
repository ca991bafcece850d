// Steps `publish` and `replay` in a run: the laboratory publishes over its own connection.
import { headers as newHeaders } from "@nats-io/nats-core";
import { publishOnce } from "../../connection/publish.js";
import { listDeadLetters } from "../../dead-letters/list.js";
import { replayDeadLetter } from "../../dead-letters/replay.js";
import { InvalidInputError, KitError } from "../../protocol/errors.js";
import { readRequest } from "../../protocol/headers.js";
import type { QueueNames } from "../../protocol/subjects.js";
import type { RunContext } from "../run-context.js";
import { nothing, type RunStep, type StepOf } from "./step.js";

/** The stream whose subjects begin as this one. */
function streamFor(subject: string, queues: readonly QueueNames[]): { names: QueueNames; stream: string } | undefined {
  for (const names of queues) {
    const { requestPrefix, replyPrefix, deadLetterPrefix } = names;
    if (subject.startsWith(requestPrefix)) return { names, stream: names.requestStream };
    if (subject.startsWith(replyPrefix)) return { names, stream: names.replyStream };
    if (subject.startsWith(deadLetterPrefix)) return { names, stream: names.deadLetterStream };
  }
  return undefined;
}

export const publish: RunStep<"publish"> = async (context, step) => {
  const { nc, queues } = context.environment;
  const found = streamFor(step.subject, queues);
  if (found !== undefined) return nothing(store(context, step, found));
  nc.publish(step.subject, step.payload, { headers: headersOf(step) });
  await nc.flush();
  context.record({ type: "published", subject: step.subject });
  return undefined;
};

async function store(
  context: RunContext,
  step: StepOf<"publish">,
  { names, stream }: { names: QueueNames; stream: string },
): Promise<void> {
  const { subject, as, payload, line } = step;
  const headers = headersOf(step);
  const stored = await publishOnce(context.environment.nc, names, subject, payload, headers);
  if (stored instanceof KitError) {
    if (as !== undefined)
      throw new InvalidInputError(`The request ${as} of line ${line} could not be published: ${stored.message}`);
    return context.record({ type: "published", subject, stream, refused: stored.message });
  }
  const { sequence } = stored;
  if (stream !== names.requestStream) return context.record({ type: "published", subject, stream, sequence });
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
  const { nc, queues } = context.environment;
  const letters = await Promise.all(
    queues.map(async ({ queue, requestStream }) => {
      const dead = await listDeadLetters(nc, { queue });
      return dead.filter(({ request }) => requests.has(request)).map((letter) => ({ ...letter, queue, requestStream }));
    }),
  ).then((all) => all.flat());
  if (letters.length === 0) {
    throw new InvalidInputError(
      `There is no dead letter of ${alias} to replay in line ${line}: wait for it first, with \`after: ${alias}.terminated\` ` +
        `or \`eventually: { ${alias}: dead-lettered }\`.`,
    );
  }
  for (const { sequence: deadLetter, queue, requestStream } of letters) {
    const { request, outcome, sequence } = await replayDeadLetter(nc, deadLetter, { queue });
    if (outcome === "over" || sequence === undefined)
      throw new InvalidInputError(
        `The dead letter of ${alias} was not replayed: ${alias} has another status by now, or was replayed before. ` +
          "Replay a request once for each time that it is dead-lettered.",
      );
    context.record({ type: "replayed", request, deadLetter, stream: requestStream, sequence });
  }
  return undefined;
};
