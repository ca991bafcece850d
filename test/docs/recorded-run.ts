// Recorded runs for the pictures of docs/scenarios/: committed without ids of a machine, so that each picture is reproducible.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { causalOrder, type Run } from "../internal/history.js";
import { runScenario } from "../internal/runner.js";
import { type Listed, loadScenario } from "../internal/scenario.js";

const place = (name: string) => fileURLToPath(new URL(`../../docs/scenarios/runs/${name}.ndjson`, import.meta.url));
const hashOf = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

/** Reads the hash of the file, the result and the events. Undefined if the file has changed since, or was never run. */
export function recordedRun({ name, file }: Listed): Run | undefined {
  if (!existsSync(place(name))) return undefined;
  const [head, result, ...events] = readFileSync(place(name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return head.sha256 === hashOf(file) ? { result, events: causalOrder(events) } : undefined;
}

/** Runs the scenario on a real server. @throws if it does not hold. */
export async function recordRun({ name, file }: Listed): Promise<void> {
  const historyRoot = mkdtempSync(join(tmpdir(), "docs-histories-of-jsrr-"));
  try {
    const { result, events } = await runScenario(await loadScenario(file), { historyRoot });
    if (result.verdict !== "held") throw new Error(`${name}: ${result.reason}`);
    const start = events[0]?.t ?? 0;
    const lines = [
      { scenario: name, sha256: hashOf(file) },
      { ...result, file: `scenarios/${name}.yaml`, history: name, server: { ...result.server, ...anywhere } },
      ...events.map((event) => ({ ...event, t: event.t - start, ...("pid" in event ? { pid: 1 } : {}) })),
    ];
    mkdirSync(dirname(place(name)), { recursive: true });
    writeFileSync(place(name), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  } finally {
    rmSync(historyRoot, { recursive: true, force: true });
  }
}

const anywhere = { origin: "cache", url: "nats://127.0.0.1:4222" };
