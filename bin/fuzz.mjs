// `npm run fuzz`: throws mutated scenario files at the reader. `--seed N` plays one again, `--runs N` makes it shorter.
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { seed, runs } = options();
console.log(`${runs} files from seed ${seed}; again: npm run fuzz -- --seed ${seed} --runs ${runs}`);

const require = createRequire(import.meta.url);
const vitest = join(dirname(require.resolve("vitest/package.json")), "vitest.mjs");
const begun = performance.now();
const { status } = spawnSync(process.execPath, [vitest, "run", "--project", "fuzz"], {
  cwd: fileURLToPath(new URL("..", import.meta.url)),
  env: { ...process.env, FUZZ_SEED: `${seed}`, FUZZ_RUNS: `${runs}` },
  stdio: "inherit",
});
console.log(`seed ${seed}, ${((performance.now() - begun) / 1000).toFixed(0)} s`);
process.exit(status ?? 1);

function options() {
  try {
    const { values } = parseArgs({ options: { seed: { type: "string" }, runs: { type: "string" } } });
    return {
      seed: whole("--seed", values.seed ?? `${randomInt(2 ** 31)}`, 0),
      runs: whole("--runs", values.runs ?? "100000", 1),
    };
  } catch (error) {
    console.error(error.message);
    process.exit(4);
  }
}

/** fast-check's seeds are 32 bits, signed. */
function whole(option, text, least) {
  if (/^\d+$/.test(text) && Number(text) >= least && Number(text) < 2 ** 31) return Number(text);
  throw new Error(`Expected ${option} to be a whole number from ${least} to 2147483647, got "${text}".`);
}
