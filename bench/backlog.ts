// `npm run bench:backlog`: what one request costs while it waits behind many others.
import { backlogHelp, readBacklogArguments } from "./arguments.js";
import { reportBacklog, summarizeBacklogs } from "./backlog-report.js";
import { type BacklogMeasurement, measureBacklog, measureTimeOuts } from "./backlog-stage.js";
import { runToExit } from "./interrupt.js";
import { surroundings } from "./result.js";

await runToExit(async (interrupt) => {
  const { json, help, sizes, atLeast, timeOuts } = readBacklogArguments(process.argv.slice(2));
  if (help) {
    console.log(backlogHelp);
    return;
  }
  const measured: [number, BacklogMeasurement][] = [];
  let server = { version: "", origin: "" };
  const [smallest = 0, ...larger] = sizes.toSorted((a, b) => a - b);
  for (const size of [smallest, ...larger]) {
    const repeats = Math.max(1, Math.ceil(atLeast / size));
    const compare = size === smallest ? {} : { reference: smallest };
    const measurement = await measureBacklog(size, { repeats, ...compare }, interrupt, console.error);
    server = measurement.server;
    measured.push([size, measurement]);
  }
  const late = await measureTimeOuts(timeOuts, interrupt, console.error);
  const result = { ...surroundings(server), payloadBytes: 128, sizes: summarizeBacklogs(measured), timeOuts: late };
  console.log(json ? JSON.stringify(result, undefined, 2) : reportBacklog(result));
});
