// Looks at what a scenario expects: a request's outcome, or a count on the server.
import type { Expectation } from "../history/result.js";
import type { Expected } from "../scenario/model.js";
import type { Lab } from "./lab.js";

/** The value at a path such as `lunch`, `stream.REQUESTS.messages` or `consumer.responder.pending`. */
export async function look(lab: Lab, path: string): Promise<string | number> {
  const [kind, name = "", field = ""] = path.split(".");
  const { jsm } = lab.environment;
  if (kind === "stream") return (await jsm.streams.info(name)).state.messages;
  if (kind !== "consumer") return outcome(lab, path);
  const info = await jsm.consumers.info("REQUESTS", name);
  const fields: Record<string, number> = {
    pending: info.num_pending,
    "ack-pending": info.num_ack_pending,
    redelivered: info.num_redelivered,
  };
  return fields[field] as number;
}

function outcome(lab: Lab, alias: string): string {
  const { outcomes } = lab.history;
  return outcomes.of(outcomes.requestsOf(alias).at(-1) ?? "");
}

/** True for a path that is answered by the history: a request's name. */
export const isRequest = (path: string) => !path.includes(".");

export async function judgeExpectation(lab: Lab, expected: Expected): Promise<Expectation> {
  try {
    const actual = await look(lab, expected.path);
    return { ...expected, actual, verdict: matches(expected.expected, actual) ? "held" : "violated" };
  } catch {
    return { ...expected, verdict: "unknown" };
  }
}

/** `ok` alone takes any payload; the other endings and `failed` take any text after them. */
export function matches(expected: string | number, actual: string | number): boolean {
  if (expected === actual) return true;
  if (typeof expected === "number" || typeof actual === "number") return false;
  const open = ["ok", "error", "rejected", "expired", "cancelled", "dead-lettered", "failed"].includes(
    expected,
  );
  return open && new RegExp(`^${expected}\\b`).test(actual);
}
