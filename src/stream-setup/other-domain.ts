// Other domain: whether a stream that this JetStream does not list takes the subjects of a new one.
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { header } from "../protocol/subjects.js";
import type { StreamPlan } from "./plan.js";

/** Milliseconds for the answer of a stream: it may be behind a leaf node. */
const answerMs = 1_000;

/** The server's error number for a publish that expects another stream. */
const expectedOther = 10060;

/**
 * Why a new stream would be a second one. JetStream lists the streams of its own domain and account alone, and a publish goes to every
 * stream that takes its subject: one behind a leaf node, or in an account that this one imports the subject from, takes each request, too.
 * So a message is published that expects a stream of a name which no stream has. Every stream that takes it refuses it, and nothing
 * is stored. Undefined also if the account may not publish there.
 */
export async function whyTakenElsewhere(
  nc: NatsConnection,
  { name, subjects = [] }: StreamPlan,
): Promise<string | undefined> {
  for (const subject of subjects) {
    if (subject.startsWith("$")) continue; // a domain keeps the subjects of its buckets to itself
    if (await refusesProbe(nc, subject.replace(/>$/, "*").replaceAll("*", "setup-probe"))) {
      return `a stream of another JetStream domain or account takes ${subject}, and ${name} would be a second one; use that one (--js-domain, or the option domain), or another queue`;
    }
  }
  return undefined;
}

async function refusesProbe(nc: NatsConnection, subject: string): Promise<boolean> {
  const h = headers();
  h.set(header.expectedStream, `no-stream-${crypto.randomUUID()}`);
  try {
    const answer = await nc.request(subject, "", { headers: h, timeout: answerMs });
    return answer.json<{ error?: { err_code?: number } }>().error?.err_code === expectedOther;
  } catch {
    return false; // no stream takes it, the account may not publish there, or the answer is another program's
  }
}
