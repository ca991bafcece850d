// The packed tarball, and projects that have it installed as npm would put it there: unpacked, beside its dependencies.
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { extract } from "tar";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const kit = "jetstream-request-reply-kit";
const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

export const temporary = () => mkdtempSync(join(tmpdir(), "test-pack-of-jsrr-"));

/** What would be published; the global set-up has compiled it. @returns the tarball's path. */
export async function pack(folder: string): Promise<string> {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = await promisify(execFile)("npm", args, { cwd: root });
  return join(folder, JSON.parse(stdout)[0].filename);
}

/** Only what `package.json` says it needs is there, as links, and what is named besides. */
export async function project(tarball: string, besides: readonly string[] = []) {
  const path = temporary();
  const installed = join(path, "node_modules", kit);
  mkdirSync(installed, { recursive: true });
  await extract({ file: tarball, cwd: installed, strip: 1 });
  for (const name of [...Object.keys(dependencies), ...besides]) {
    mkdirSync(dirname(join(path, "node_modules", name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(path, "node_modules", name));
  }
  writeFileSync(join(path, "package.json"), '{ "type": "module" }');
  return {
    path,
    write: (name: string, text: string) => writeFileSync(join(path, name), text),
    copy: (folder: string) => cpSync(join(root, folder), path, { recursive: true }),
    run: (command: string, ...args: string[]) => run(path, command, args),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Exit code and all it wrote. Whatever stood in the environment for this test run is not there, and histories go with `cwd`. */
export async function run(cwd: string, command: string, args: readonly string[]) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_|TEST$)/.test(name));
  const env = { ...Object.fromEntries(inherited), XDG_STATE_HOME: join(cwd, "state"), NO_COLOR: "1" };
  return promisify(execFile)(command, [...args], { cwd, env }).then(
    ({ stdout, stderr }) => ({ code: 0 as number, output: stdout + stderr }),
    (error) => ({ code: Number(error.code), output: `${error.stdout}${error.stderr}` }),
  );
}
