// The laboratory publishes a message by hand, over its own connection.
import { headers as newHeaders } from "@nats-io/nats-core";
import { publishOnce } from "../../connection/publish-once.js";
import { InvalidInput, KitError } from "../../protocol/errors.js";
import { readRequest } from "../../protocol/messages.js";
import { deadLetterStream, replyStream, requestStream } from "../../protocol/names.js";
import type { PublishAction } from "../../scenario/model.js";
import type { Lab } from "../lab.js";
import type { Perform } from "./perform.js";

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
      throw new InvalidInput(`The request ${as} of line ${line} could not be published: ${stored.message}`);
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
