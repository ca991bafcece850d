// Steps `together` and `repeat` in a run: play other steps.
import type { Played, RunStep } from "./step.js";

export const together: RunStep<"together"> = async (context, { steps }, play) => {
  const settled = await Promise.allSettled(steps.map((step) => play(context, [step])));
  const failed = settled.find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
  return all(settled.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : [])));
};

export const repeat: RunStep<"repeat"> = async (context, { times, steps }, play) => {
  const rounds: Played[] = [];
  // `after: jobs.received` means one of this round: those of the rounds before have been waited for.
  for (let round = 0; round < times && !rounds.at(-1)?.stopped; round++)
    rounds.push(await play(context, steps, context.history.tally.snapshot()));
  return all(rounds);
};

const all = (played: readonly Played[]): Played => ({
  judged: played.flatMap(({ judged }) => judged),
  stopped: played.some(({ stopped }) => stopped),
});
