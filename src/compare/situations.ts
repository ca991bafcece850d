// The rows of the comparison: what happens to requester, responder and server. Each is a scenario file with the mailbox,
// which is run with each of the strategies in its place.
import { fileURLToPath } from "node:url";
import type { ReplyStrategy } from "../history/strategies.js";
import { loadScenario } from "../scenario/load.js";
import type { Scenario } from "../scenario/model.js";

/** The file's name to what a person calls it. */
export const situations = {
  "responder-offline": "responder offline",
  "requester-timed-out": "requester timed out, and is still alive",
  "requester-restarted": "requester killed, and started again",
  "server-restarted": "server killed and restarted",
  "responder-crashed": "responder killed after its work, before its ack",
  "duplicate-request": "the same request sent twice",
} as const;

export type Situation = keyof typeof situations;

export const situationNames = Object.keys(situations) as Situation[];

/** From `src/compare` and from `dist/compare` alike. */
const folder = new URL("../../scenarios/compare/", import.meta.url);

export async function situationScenario(situation: Situation, strategy: ReplyStrategy): Promise<Scenario> {
  const scenario = await loadScenario(fileURLToPath(new URL(`${situation}.yaml`, folder)));
  const requesters = Object.entries(scenario.requesters).map(([name, r]) => [
    name,
    { ...r, reply: strategy },
  ]);
  return { ...scenario, name: `${situation}-${strategy}`, requesters: Object.fromEntries(requesters) };
}
