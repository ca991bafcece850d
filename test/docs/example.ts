// Runs a file of examples/ as a process of its own, with the server in NATS_URL.
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endWithTheFile } from "../support/children.js";

export interface Example extends AsyncDisposable {
  /** Exit code (null after a signal) and the whole output. */
  ended: Promise<{ code: number | null; output: string }>;
  /** Resolves when the output has this text; rejects with the output if the program ends before. */
  says(text: string): Promise<void>;
}

export const exampleFile = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

export function run(command: string, args: readonly string[], url: string): Example {
  const child = spawn(command, args, { env: { ...process.env, NATS_URL: url } });
  endWithTheFile(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.once("close", (code) => resolve({ code, output }));
  });
  const says = async (text: string) => {
    const said = new Promise<void>((resolve) => {
      const look = () => output.includes(text) && resolve();
      for (const stream of [child.stdout, child.stderr]) stream.on("data", look);
      look();
    });
    const early = ended.then(() => {
      if (!output.includes(text)) throw new Error(`The program ended and did not print ${text}:\n${output}`);
    });
    await Promise.race([said, early]);
  };
  const dispose = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  return { ended, says, [Symbol.asyncDispose]: dispose };
}

export const node = (name: string, url: string, ...args: string[]) =>
  run(process.execPath, [exampleFile(name), ...args], url);

/** PYTHON names another interpreter, for nats-py in a virtual environment. */
export const python = process.env.PYTHON ?? "python3";

/** The reason why responder.py cannot run here; undefined if it can. */
export function withoutNatsPy(): string | undefined {
  try {
    execFileSync(python, ["-c", "import nats"], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    const said = stderr?.toString().trim().split("\n").at(-1) || message;
    return `${python} has no nats-py (${said}); install it with \`pip install nats-py\`, or name another Python in PYTHON`;
  }
}

/** A program of examples/go, built on the first use; a later build of the same source takes no time. */
export function goProgram(name: "requester" | "responder"): string {
  const program = join(tmpdir(), "examples-of-jsrr", `go-${name}`);
  execFileSync("go", ["build", "-o", program, `./${name}`], { cwd: exampleFile("go"), stdio: "pipe" });
  return program;
}

/** The reason why the programs of examples/go cannot be built here; undefined if they can. */
export function withoutGo(): string | undefined {
  try {
    goProgram("responder");
    return undefined;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    return `go cannot build them (${stderr?.toString().trim().split("\n").at(-1) || message})`;
  }
}

/** RUST_EXAMPLES is the folder with the programs: their first build takes longer than a test may. */
const rustPrograms = process.env.RUST_EXAMPLES ?? exampleFile("rust/target/debug");

export const rustProgram = (name: "requester" | "responder") => join(rustPrograms, name);

/** The reason why the programs of examples/rust cannot run here; undefined if they can. */
export const withoutRust = (): string | undefined =>
  existsSync(rustProgram("responder"))
    ? undefined
    : "they are not built; run `cargo build` in examples/rust, or name their folder in RUST_EXAMPLES";

/** Why the examples in other languages cannot run here. Printed, too, because the reporter does not print the reason of a skipped test. */
export function withoutLanguages(role: "requester" | "responder") {
  const [noPython, noGo, noRust] = [withoutNatsPy(), withoutGo(), withoutRust()];
  const reasons = { [`${role}.py`]: noPython, [`go/${role}`]: noGo, [`rust/${role}`]: noRust };
  for (const [program, reason] of Object.entries(reasons))
    if (reason) console.log(`${program} is not tested: ${reason}.`);
  return { noPython, noGo, noRust };
}
