// `jsrr open`: shows the report of the last run, or of another one, in the browser.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { InvalidInputError } from "../protocol/errors.js";
import { indexPage, runPage } from "../report/page-names.js";
import { lastPlace } from "../runner/history-folder.js";
import { say, sayJson, terminal } from "./terminal.js";

interface Flags {
  print?: boolean;
  json?: boolean;
}

export const configure = (command: Command): Command =>
  command
    .argument("[folder]", "a folder of --report, or a run's history (default: those of the last run)")
    .option("--print", "print the path of the page, and open nothing")
    .option("--json", "print the path as JSON, and open nothing")
    .action(run);

async function run(folder: string | undefined, { print, json }: Flags): Promise<void> {
  const { env } = terminal();
  const place = folder === undefined ? lastPlace(env) : resolve(folder);
  if (place === undefined)
    throw new InvalidInputError("No run was kept yet: `jsrr scenario offline-responder` makes one.");
  const page = pageIn(place) ?? (await pageOf(place));
  if (json) sayJson({ page });
  else say(page);
  if (!print && !json) show(page, env);
}

const pages = [indexPage, runPage];

const pageIn = (folder: string) => pages.map((name) => join(folder, name)).find((path) => existsSync(path));

/** Of a history without a report: it is made now, and stays beside it. Loads the reports, which `--help` does not need. */
async function pageOf(history: string): Promise<string> {
  const [{ html }, { writeFiles }, { judgeSavedRun }] = await Promise.all([
    import("../report/html/page.js"),
    import("../report/write.js"),
    import("../runner/run-result.js"),
  ]);
  writeFiles(history, [{ file: runPage, text: html(await judgeSavedRun(history, undefined)) }]);
  return join(history, runPage);
}

/** Where no browser can be started the path is printed all the same. */
function show(page: string, env: NodeJS.ProcessEnv): void {
  const [program = "", ...words] = env.BROWSER ? [env.BROWSER] : openers();
  const child = spawn(program, [...words, page], { detached: true, stdio: "ignore", env });
  child.on("error", () => {});
  child.unref();
}

function openers(): string[] {
  if (process.platform === "darwin") return ["open"];
  return process.platform === "win32" ? ["cmd", "/c", "start", ""] : ["xdg-open"];
}
