// Copies a request that gets no further attempt into DEAD_LETTERS, and waits until it is stored there.
import type { MsgHdrs, NatsConnection } from "@nats-io/nats-core";
import { publishOnce } from "../connection/publish-once.js";
import { type DeadLetterFacts, deadLetterHeaders } from "../protocol/dead-letters.js";
import type { KitError } from "../protocol/errors.js";
import { deadLetterStream, deadLetterSubject, header } from "../protocol/names.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";

/** What is copied; a delivered message and one read from the stream fit. `headers` is absent where nobody can read them. */
export interface Dead {
  headers?: MsgHdrs | undefined;
  data: Uint8Array;
}

/**
 * Where the copy stands, or why there is none: StreamFull, NotSetUp, NoAnswer, or InvalidInput when the request leaves no
 * room for the story in `max_payload`. Made again (within the stream's `duplicate_window`) it is the same copy.
 */
export async function bury(
  nc: NatsConnection,
  { headers, data }: Dead,
  facts: DeadLetterFacts,
): Promise<PubAck | KitError> {
  const subject = deadLetterSubject(facts.subject);
  try {
    const h = deadLetterHeaders(facts, headers);
    h.set(header.expectedStream, deadLetterStream);
    h.set(header.messageId, `dead-letter-${facts.sequence}-${facts.request}`);
    return await publishOnce(nc, subject, data, h);
  } catch (error) {
    return fromClientError(`copy to ${deadLetterStream}`, error); // headers that cannot be set
  }
}
