// The laboratory replays dead letters, over its own connection.
import { listDeadLetters } from "../../dead-letters/list.js";
import { replayDeadLetter } from "../../dead-letters/replay.js";
import { InvalidInput } from "../../protocol/errors.js";
import { requestStream } from "../../protocol/names.js";
import type { Lab } from "../lab.js";
import type { Perform } from "./perform.js";

/** Every dead letter of this name: a load may have several. */
export const replay: Perform<"replay"> = async (lab, { request: alias, line }) => {
  const requests = new Set(lab.history.outcomes.requestsOf(alias));
  const dead = await listDeadLetters(lab.environment.nc);
  const letters = dead.filter(({ request }) => requests.has(request));
  if (letters.length === 0) {
    throw new InvalidInput(
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
    throw new InvalidInput(
      `The dead letter of ${alias} was not replayed: ${alias} has another ending by now, or was replayed before. ` +
        "Replay a request once for each time that it is dead-lettered.",
    );
  }
  lab.record({ type: "replayed", request, deadLetter: letter, stream: requestStream, sequence });
}
