// `npm run bench`: request-reply in several ways, side by side: whole CPU per request, and ratios of the same run.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type RunArguments, readRunArguments, runHelp } from "./arguments.js";
import { type Interrupt, runToExit } from "./interrupt.js";
import { markdownOf } from "./markdown.js";
import { openPlace, type Place } from "./place.js";
import { reportProfile } from "./profile.js";
import { reportRun } from "./report.js";
import { type RunResult, surroundings } from "./result.js";
import { loadOf, playRounds } from "./rounds.js";
import { baseline, floors, type RowName, rowNames, rows } from "./rows/index.js";
import { beforeOf, setStage, setStages } from "./stage.js";
import { summarize } from "./summary.js";
import { usageOf } from "./usage.js";

const note = console.error;

await runToExit(async (interrupt) => {
  const args = readRunArguments(process.argv.slice(2), rowNames, baseline);
  if (args.help) console.log(runHelp);
  else if (args.profile) console.log(await profile(args.profile as RowName, args, interrupt));
  else {
    const result = await run(args, interrupt);
    if (args.json) console.log(JSON.stringify(result, undefined, 2));
    else console.log(args.markdown ? markdownOf(result) : reportRun(result, legend(args.rows)));
  }
});

async function run(args: RunArguments, interrupt: Interrupt): Promise<RunResult> {
  await using place = await openPlace([...rowNames, ...rowNames.map(beforeOf)], note);
  await using stages = await setStages(place, args.rows as RowName[], args.before);
  const rounds = await interrupt.race(place.whileUp(playRounds(stages, args, note)));
  const sections = summarize(rounds, args.baseline, floors);
  const peaks = [...stages].map(([name, stage]) => [name, stage.peaks()] as const);
  return {
    ...surroundings(place.server),
    ...{ payloadBytes: args.payloadBytes, rounds: args.rounds, baseline: args.baseline, sections },
    peakMb: { rows: Object.fromEntries(peaks), ...serverPeak(place) },
  };
}

function serverPeak({ server }: Place): { server?: number } {
  const { peakMb } = usageOf(server.pid);
  return peakMb === undefined ? {} : { server: peakMb };
}

function legend(names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, rows[name as RowName].about]));
}

/** A run of that row alone: the first round warms up, and the profiles hold it too. */
async function profile(name: RowName, args: RunArguments, interrupt: Interrupt): Promise<string> {
  const folder = fileURLToPath(new URL("profiles", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const load = loadOf(Math.max(...args.inFlight), args.requests, args.payloadBytes);
  {
    await using place = await openPlace([name], note);
    await using stage = await setStage(place, name, { profileInto: folder });
    for (let round = 1; round <= args.rounds; round++) {
      note(`Profiling ${name}: round ${round} of ${args.rounds}`);
      await interrupt.race(place.whileUp(stage.measure(load)));
    }
  }
  return reportProfile(folder, name, load.requests * args.rounds);
}
