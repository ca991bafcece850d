// What the streams hold at the end, read message by message with the plain client.
import type { JetStreamManager, StoredMsg } from "@nats-io/jetstream";

export interface StoredMessage {
  sequence: number;
  subject: string;
  /** Milliseconds since the epoch. */
  time: number;
  headers: Record<string, string>;
  text: string;
}

export interface Contents {
  requests: StoredMessage[];
  replies: StoredMessage[];
  deadLetters: StoredMessage[];
  /** The consumer's counts, for a reader of the finding. */
  consumer: object;
}

export async function readContents(jsm: JetStreamManager): Promise<Contents> {
  const { num_pending, num_ack_pending, num_redelivered, delivered, ack_floor } = await jsm.consumers.info(
    "REQUESTS",
    "responder",
  );
  return {
    requests: await readStream(jsm, "REQUESTS"),
    replies: await readStream(jsm, "REPLIES"),
    deadLetters: await readStream(jsm, "DEAD_LETTERS"),
    consumer: { num_pending, num_ack_pending, num_redelivered, delivered, ack_floor },
  };
}

/** @throws when fewer messages can be read than the stream counts. */
async function readStream(jsm: JetStreamManager, stream: string): Promise<StoredMessage[]> {
  const { state } = await jsm.streams.info(stream);
  const found: StoredMessage[] = [];
  for (let seq = state.first_seq; state.messages > 0 && seq <= state.last_seq; ) {
    // The server takes both; the client's type knows them one at a time.
    const next = await jsm.streams.getMessage(stream, { seq, next_by_subj: ">" } as never);
    if (!next || next.seq > state.last_seq) break;
    found.push(asStored(next));
    seq = next.seq + 1;
  }
  if (found.length < state.messages) {
    throw new Error(`${stream} counts ${state.messages} messages, and ${found.length} could be read.`);
  }
  return found;
}

function asStored(stored: StoredMsg): StoredMessage {
  const { seq, subject, time, header } = stored;
  const headers = Object.fromEntries([...(header?.keys() ?? [])].map((key) => [key, header.get(key)]));
  return { sequence: seq, subject, time: time.getTime(), headers, text: stored.string() };
}
