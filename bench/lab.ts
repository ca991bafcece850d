// `npm run bench:lab`: what the laboratory costs for a load of many requests, as whole processes.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { markdownTable } from "./markdown.js";
import { median } from "./statistics.js";
import { peakFrom } from "./usage.js";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "100000" },
    rate: { type: "string", default: "4000" },
    before: { type: "string" },
    "only-start": { type: "boolean", default: false },
  },
});
const [requests, rate] = [Number(values.requests), Number(values.rate)];
if (!(requests >= 1 && requests <= 100_000 && rate >= 1))
  throw new Error("Expected --requests 1..100000 and --rate 1..");

/** Violated on purpose: a failing expectation looks for the time at which it was true. */
const scenario = `scenario: bench-lab
question: How long does the laboratory take for ${requests} requests?
answer: As the table says.
requesters: { alice: { timeout: 60s } }
responders: { bob: { concurrency: 50 } }
timeline:
  - request: { from: alice, order: order-sandwich, as: jobs, count: ${requests}, rate: ${rate}/s }
  - within: 10m
    eventually: { events.jobs.received: ${requests}, stream.REQUESTS.messages: 0 }
  - expect: { duration.jobs.received: "< 1ms", jobs: { ok: ${requests + 1} } }
check: [no-lost-requests, no-lost-replies, no-duplicate-replies, no-phantom-replies, no-duplicate-executions, no-stuck-messages]
`;

/** `--before DIR`: a built checkout of an earlier version, measured in turn with this one. */
const versions: [string, string][] = [
  ...(values.before === undefined ? [] : [["before", resolve(values.before, "dist/cli.js")] as [string, string]]),
  ["now", fileURLToPath(new URL("../cli.js", import.meta.url))],
];
const violated = 1;

interface Cost {
  wallS: number;
  /** Of the process and of the children that have ended. Absent without /proc. */
  cpuS?: number;
  /** Of the process alone. */
  peakMb?: number;
}

/** The exit code has to be 1: a run that is not violated has not done the work that is measured. */
async function costOf(cli: string, args: readonly string[], wanted = violated): Promise<Cost> {
  const began = performance.now();
  const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  let cost: Partial<Cost> = {};
  const look = setInterval(() => {
    cost = { ...cost, ...usageWithChildren(child.pid as number) };
  }, 50);
  const code = await new Promise((resolve) => child.once("exit", resolve));
  clearInterval(look);
  if (code !== wanted) throw new Error(`jsrr ${args[0]} ended with ${code}, and was to end with ${wanted}`);
  return { ...cost, wallS: (performance.now() - began) / 1000 };
}

/** Fields 14 to 17 of proc(5), in ticks of 10 ms. */
function usageWithChildren(pid: number): Partial<Cost> {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    const peakMb = peakFrom(readFileSync(`/proc/${pid}/status`, "utf8"));
    return { cpuS: ticks / 100, ...(peakMb === undefined ? {} : { peakMb }) };
  } catch {
    return {};
  }
}

/** Each is short, so the median of several is shown. The script of offline-responder takes 1 s of its time. */
const starts = [["--help"], ["list"], ["scenario", "offline-responder", "--quiet"]];
const startRounds = 7;

const cell = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? "-";
const folder = mkdtempSync(join(tmpdir(), "bench-lab-of-jsrr-"));
try {
  if (!values["only-start"]) await showLoad();
  await showStarts();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function showLoad(): Promise<void> {
  const file = join(folder, "bench-lab.yaml");
  writeFileSync(file, scenario);
  const rows: string[][] = [];
  for (const [version, cli] of versions) {
    const histories = join(folder, `histories-${version}`);
    const report = join(folder, `report-${version}`);
    const run = await costOf(cli, ["scenario", file, "--quiet", "--history", histories, "--report", report]);
    const [history = ""] = readdirSync(histories);
    const check = await costOf(cli, ["check", join(histories, history)]);
    for (const [name, { wallS, cpuS, peakMb }] of [
      ["run, judge and report", run],
      ["`jsrr check`", check],
    ] as const)
      rows.push([`${name}, ${version}`, cell(wallS, 1), cell(cpuS, 1), cell(peakMb, 0)]);
  }
  console.log(`${requests} requests at ${rate}/s, violated\n`);
  console.log(`${markdownTable(["", "wall s", "CPU s", "peak MB"], rows)}\n`);
}

async function showStarts(): Promise<void> {
  const held = 0;
  const costs = new Map<string, Cost[]>();
  for (let round = 0; round < startRounds; round++)
    for (const args of starts)
      for (const [version, cli] of versions) {
        const name = `\`jsrr ${args.slice(0, 2).join(" ")}\`, ${version}`;
        costs.set(name, [...(costs.get(name) ?? []), await costOf(cli, args, held)]);
      }
  const rows = [...costs].map(([name, all]) => [name, cell(median(all.map(({ wallS }) => wallS)), 2)]);
  console.log(`Medians of ${startRounds} starts, whole commands\n\n${markdownTable(["", "wall s"], rows)}`);
}
