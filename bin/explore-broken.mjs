// Explores each broken program of test/fixtures/broken until its fault is found, and prints the table of docs/explore.md:
// `npm run explore:broken`, or with names of programs. Exits with 1 if one is not found, or is not small enough.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultBase } from "../dist/explore/base.js";
import { explore } from "../dist/explore/explore.js";

/** One request: more of them are refused by the server, which ends the program. */
const oneRequest = { timeline: [{ request: { from: "alice", order: "order-bagel", as: "r1" } }] };
/** `seeds`: within so many it is found. `steps`: of the shortest file that a person can write. */
const programs = {
  "drops-reply": { seeds: 5, steps: 1 },
  "invents-reply": { seeds: 5, steps: 1, base: oneRequest },
  "forgets-id": {
    ...{ seeds: 5, steps: 1, actor: "alice" },
    base: {
      requesters: { alice: {}, carol: {} },
      timeline: [{ request: { from: "carol", order: "order-bagel", as: "r1" } }],
    },
  },
  "acks-first": {
    ...{ seeds: 5, steps: 1 },
    base: {
      responders: { bob: { crash: "after-effect" } },
      timeline: [...oneRequest.timeline, { start: "bob", after: "bob.actor-crashed" }],
    },
  },
  "skips-part": { seeds: 10, steps: 1 },
  "out-of-order": { seeds: 5, steps: 1 },
  "ignores-deadline": { seeds: 10, steps: 1 },
  "leaves-stuck": { seeds: 5, steps: 1 },
};
/** A file may have so many steps more than a person's. */
const more = 3;

const chosen = process.argv.slice(2);
const names = chosen.length > 0 ? chosen : Object.keys(programs);
const folder = mkdtempSync(join(tmpdir(), "explore-broken-"));
let failed = false;
console.log(
  "| program | found by | seeds | of | steps | a person's | runs | seconds |\n|---|---|---|---|---|---|---|---|",
);
try {
  for (const name of names) {
    const { seeds, steps, actor = "bob", base = {} } = programs[name];
    const result = await explore({
      ...{
        base: { ...defaultBase(), ...base },
        faults: [],
        folder: join(folder, name),
        historyRoot: join(folder, "runs"),
      },
      programs: { [actor]: fileURLToPath(new URL(`../test/fixtures/broken/${name}.js`, import.meta.url)) },
      ...{ seed: 1, runs: seeds, mostFound: 1, confirmRuns: 2, shrinkRuns: 12 },
    });
    const [found] = result.found;
    if (found === undefined || found.shown.times === 0 || found.steps > steps + more) failed = true;
    const drawn = Object.values(result.states).reduce((sum, n) => sum + n, 0);
    const row = [name, found?.check ?? "nothing", drawn, seeds, found?.steps ?? "", steps, result.runs];
    console.log(`| ${[...row, Math.round(result.durationMs / 1000)].join(" | ")} |`);
    if (found === undefined) for (const [reason, n] of result.reasons) console.error(`${n} × ${reason}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (failed) process.exitCode = 1;
