// `--report` and the step summary of a GitHub job, as a user gets them; and that no run begins whose reports have no place.
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reportNames, reports } from "../internal/report.js";
import { jsrrHere } from "../support/cli.js";
import { folderOfFile } from "../support/folder.js";

const root = folderOfFile("reports");

test("--report writes all reports and the step summary, and stdout stays one JSON document", async () => {
  const folder = join(root, "reports");
  const env = { GITHUB_STEP_SUMMARY: join(root, "summary.md") };
  const told = await jsrrHere(["scenario", "no-responders", "--json", "--report", folder], { env });
  expect(told.code).toBe(0);
  expect(readFileSync(join(folder, "result.json"), "utf8")).toBe(told.stdout);
  expect(readdirSync(folder).sort()).toEqual(reportNames.map((name) => reports[name].file).sort());
  expect(told.stderr).toContain(`Reports   ${join(folder, "report.html")}\n`);
  expect(readFileSync(env.GITHUB_STEP_SUMMARY, "utf8")).toBe(readFileSync(join(folder, "summary.md"), "utf8"));
  // And once more, from the history that it left.
  const again = join(root, "again");
  const { history } = JSON.parse(told.stdout);
  const checked = await jsrrHere(["check", history, "--report", again]);
  expect(checked.stdout).toContain(`Reports   ${join(again, "report.html")}\n`);
  expect(readFileSync(join(again, "report.html"), "utf8")).toBe(readFileSync(join(folder, "report.html"), "utf8"));
  expect(readFileSync(join(again, "report.html"), "utf8")).toContain(">requesters</span>:");
});

test("a failed run has reports with the reason, and those of an earlier run are removed", async () => {
  const folder = join(root, "failed");
  const nobody = createServer().listen(0, "127.0.0.1");
  await once(nobody, "listening");
  const { port } = nobody.address() as AddressInfo;
  nobody.close();
  const words = ["scenario", "no-responders", "--quiet", "--server", `nats://127.0.0.1:${port}`];
  const told = await jsrrHere([...words, "--report", folder]);
  expect(told.code).toBe(3);
  const why = "No nats-server can be reached";
  expect(told.stderr).toContain(`Reports   ${join(folder, "report.html")}\n`);
  expect(told.stderr.trimEnd().split("\n").at(-1)).toContain(why);
  for (const name of reportNames.filter((name) => name !== "mermaid"))
    expect(readFileSync(join(folder, reports[name].file), "utf8"), name).toContain(why);
  expect(readFileSync(join(folder, "junit.xml"), "utf8")).toMatch(/tests="1" failures="0" errors="1"/);
});

test("many runs have a folder each, one JUnit file and an index page", async () => {
  const folder = join(root, "many");
  const words = ["scenarios", "no-responders", "--repeat", "2", "--quiet", "--history", join(root, "h")];
  const told = await jsrrHere([...words, "--report", folder]);
  expect(told.stdout).toMatch(/2 runs: 2 held\n\nReports {3}\S+index\.html\n$/);
  expect(readdirSync(folder).sort()).toEqual(["index.html", "junit.xml", "no-responders", "no-responders-2"]);
  expect(readFileSync(join(folder, "junit.xml"), "utf8").match(/<testsuite name="[^"]+"/g)).toEqual([
    '<testsuite name="no-responders"',
    '<testsuite name="no-responders-2"',
  ]);
  const page = readFileSync(join(folder, "index.html"), "utf8");
  const links = [...page.matchAll(/<a href="([^"]+)"/g)].map(([, link = ""]) => link);
  expect(links).toEqual(["no-responders/report.html", "no-responders-2/report.html"]);
  for (const link of links) expect(readFileSync(join(folder, link), "utf8")).toContain("held");
});

test("the last line without --report is a command that writes the reports", async () => {
  const { stdout } = await jsrrHere(["scenario", "no-responders"], {
    env: { JSRR_CALLED: "npm run jsrr --" }, // as bin/dev.mjs says it
  });
  expect(stdout).toMatch(/\nReports {3}npm run jsrr -- check \S+no-responders-\S+ --report DIR\n$/);
});

test("a report folder that is a file is refused in one sentence before any run", async () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  expect(await jsrrHere(["scenario", "no-responders", "--report", file])).toEqual({
    code: 4,
    stdout: "",
    stderr: `Cannot write reports to ${file}: it is a file, not a folder. Name another folder with --report.\n`,
  });
});
