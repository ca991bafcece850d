// A project of a reader of the docs: a folder that has the kit and its dependencies installed, as links.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export function project(packages: readonly string[] = []) {
  const path = mkdtempSync(join(tmpdir(), "test-project-of-jsrr-"));
  mkdirSync(join(path, "node_modules"));
  symlinkSync(root, join(path, "node_modules", "jetstream-request-reply-kit"));
  for (const name of ["@nats-io", "@types", ...packages]) {
    symlinkSync(join(root, "node_modules", name), join(path, "node_modules", name));
  }
  writeFileSync(join(path, "package.json"), '{ "type": "module" }');
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** @throws with the output of the compiler. */
export async function compile(folder: string, text: string): Promise<void> {
  writeFileSync(join(folder, "readme.ts"), text);
  const options = "--noEmit --strict --target es2022 --lib es2023,esnext.disposable --module nodenext --types node";
  const tsc = join(root, "node_modules", ".bin", "tsc");
  await promisify(execFile)(tsc, [...options.split(" "), "readme.ts"], { cwd: folder }).catch((error) => {
    throw new Error(`The programs do not compile:\n${error.stdout}`);
  });
}
