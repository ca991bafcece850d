// Runs `jsrr conformance` with the services that docs/conformance.md compares. `node bin/measure-conformance.mjs [name ...]`
// prints each, and exits with 1 if an example breaks a promise. `--write` writes docs/conformance.json, from which the page is made.
// `--short` runs most promises with the kit, and some with the examples.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisesOf } from "../dist/conformance/promises.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const words = process.argv.slice(2);
const names = words.filter((word) => !word.startsWith("--"));
const short = words.includes("--short");
const build = mkdtempSync(join(tmpdir(), "conformance-"));
const python = process.env.PYTHON ?? "python3";
const rust = process.env.RUST_EXAMPLES ?? "examples/rust/target/debug";
const everyOrder = ["slow", "error", "retry", "parts"].flatMap((kind) => ["--order", `${kind}=order-${kind}`]);
const careful = ["--claim", "drains", "--claim", "reads-the-mailbox-of-a-redelivery"];

/** `prepare` throws if its toolchain is not here. */
const services = {
  "the kit": {
    responder: "node test/fixtures/conformance/kit-responder.js",
    requester: "node test/fixtures/conformance/kit-requester.js",
    flags: [...everyOrder, "--claim", "all"],
    whole: true,
  },
  "plain programs": {
    responder: "node test/fixtures/conformance/plain-consumer.js",
    requester: "node test/fixtures/conformance/plain-requester.js",
    breaks: true,
  },
  "JavaScript (nats v2)": {
    responder: "node examples/responder-nats-v2.mjs",
    requester: "node examples/requester-nats-v2.mjs",
  },
  "Python (nats-py)": {
    prepare: () => execFileSync(python, ["-c", "import nats"], { stdio: "pipe" }),
    responder: `${python} examples/responder.py`,
    requester: `${python} examples/requester.py`,
  },
  "Go (nats.go)": {
    prepare: () => execFileSync("go", ["build", "-o", `${build}/go/`, "./..."], { cwd: "examples/go", stdio: "pipe" }),
    responder: `${build}/go/responder`,
    requester: `${build}/go/requester`,
    flags: ["--order", "slow=order-feast", ...careful],
  },
  "Rust (async-nats)": {
    prepare: () =>
      process.env.RUST_EXAMPLES ??
      execFileSync("cargo", ["build", "--target-dir", "target"], { cwd: "examples/rust", stdio: "pipe" }),
    responder: `${rust}/responder`,
    requester: `${rust}/requester`,
    flags: ["--order", "slow=order-feast", ...careful],
  },
};

/** What `--short` runs with the examples: the headers, the order of reply and ack, and a crash of each role. */
const chosen = {
  responder: [
    ...["writes-the-headers-of-a-reply", "stores-the-reply-before-the-ack", "keeps-the-first-reply"],
    "survives-a-crash-before-ack",
  ],
  requester: ["writes-the-headers-of-a-request", "reads-the-mailbox-after-a-break", "survives-its-own-crash"],
};
/** A reply whose PubAck is lost is unknown to the link, and `no-phantom-replies` may then be violated without a fault. */
const withLostPubAcks = [
  "survives-a-killed-server",
  "survives-a-frozen-server",
  "survives-a-cut-link",
  "survives-a-silent-link",
];
const shortly = (role, whole) =>
  whole && role === "responder"
    ? Object.keys(promisesOf(role)).filter((one) => !withLostPubAcks.includes(one))
    : chosen[role];

process.chdir(root);
const file = "docs/conformance.json";
const measured = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
let failed = false;
const runs = Object.entries(services).flatMap(([name, { responder, requester, flags, ...rest }]) => [
  { name, ...rest, role: "responder", command: responder, flags },
  ...(requester ? [{ name, ...rest, role: "requester", command: `${requester} {order} {timeout} {id}` }] : []),
]);
for (const { name, prepare, role, command, flags = [], breaks = false, whole = false } of runs) {
  if (short && breaks) continue;
  if (names.length > 0 && !names.some((one) => `${name}, ${role}`.includes(one))) continue;
  try {
    prepare?.();
  } catch (error) {
    console.log(`skipped: ${name} (${error.message.split("\n")[0]})`);
    continue;
  }
  const only = short ? shortly(role, whole).flatMap((one) => ["--only", one]) : [];
  const line = ["dist/cli.js", "conformance", "--actor", `${role}=${command}`, ...flags, ...only, "--json", "--quiet"];
  const { status, stdout, stderr } = spawnSync(process.execPath, line, { encoding: "utf8", maxBuffer: 2 ** 26 });
  const { counts, promises, server, error, durationMs } = JSON.parse(stdout || "{}");
  if (!promises) throw new Error(`${name}: ${error?.message ?? stderr}`);
  console.log(
    `${name}, ${role}: ${counts.kept} kept, ${counts.broken} broken, ${counts["not shown"]} not shown, ${Math.round(durationMs / 1000)} s`,
  );
  for (const one of promises)
    if (one.claimed && one.state !== "kept") console.log(`  ${one.state}: ${one.promise}: ${one.reason}`);
  // A fault without an effect, as on a busy machine, shows nothing and breaks nothing.
  failed ||= breaks ? status !== 1 : status === 1 || counts.kept === 0;
  if (short) continue;
  const states = Object.fromEntries(
    promises.map(({ promise, state, claimed }) => [promise, claimed ? state : "not claimed"]),
  );
  const entry = { service: name, role, server: server.version, counts, states };
  const at = measured.findIndex((one) => one.service === name && one.role === role);
  measured.splice(at === -1 ? measured.length : at, at === -1 ? 0 : 1, entry);
  if (words.includes("--write")) writeFileSync(file, `${JSON.stringify(measured, null, 2)}\n`);
}
rmSync(build, { recursive: true });
process.exit(failed ? 1 : 0);
