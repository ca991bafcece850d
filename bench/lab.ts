// `npm run bench:lab`: what the laboratory costs for a load of many requests, as whole processes.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { peakFrom } from "./usage.js";

const { values } = parseArgs({
  options: { requests: { type: "string", default: "100000" }, rate: { type: "string", default: "4000" } },
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

const cli = fileURLToPath(new URL("../cli.js", import.meta.url));
const violated = 1;

interface Cost {
  wallS: number;
  /** Of the process and of the children that have ended. Absent without /proc. */
  cpuS?: number;
  /** Of the process alone. */
  peakMb?: number;
}

/** The exit code has to be 1: a run that is not violated has not done the work that is measured. */
async function costOf(args: readonly string[]): Promise<Cost> {
  const began = performance.now();
  const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  let cost: Partial<Cost> = {};
  const look = setInterval(() => {
    cost = { ...cost, ...usageWithChildren(child.pid as number) };
  }, 50);
  const code = await new Promise((resolve) => child.once("exit", resolve));
  clearInterval(look);
  if (code !== violated) throw new Error(`jsrr ${args[0]} ended with ${code}, and was to end with ${violated}`);
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

const folder = mkdtempSync(join(tmpdir(), "bench-lab-of-jsrr-"));
try {
  const file = join(folder, "bench-lab.yaml");
  const histories = join(folder, "histories");
  writeFileSync(file, scenario);
  const run = await costOf(["scenario", file, "--quiet", "--history", histories, "--report", join(folder, "report")]);
  const [history = ""] = readdirSync(histories);
  const check = await costOf(["check", join(histories, history)]);
  const cell = (value: number | undefined, digits: number, width: number) =>
    (value?.toFixed(digits) ?? "-").padStart(width);
  console.log(`${requests} requests at ${rate}/s, violated\n`);
  console.log("                             wall s    CPU s   peak MB");
  for (const [name, { wallS, cpuS, peakMb }] of [
    ["run, judge and report", run],
    ["jsrr check", check],
  ] as const)
    console.log(`${name.padEnd(26)} ${cell(wallS, 1, 8)} ${cell(cpuS, 1, 8)} ${cell(peakMb, 0, 9)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
