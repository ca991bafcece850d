// Habits of a command line: no arguments, examples, completion in a real shell, errors as JSON, and the last report.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { program } from "../internal/commands.js";
import { jsrrHere } from "../support/cli.js";
import { folderOfFile } from "../support/folder.js";

const names = (await program("1.2.3")).commands.map((command) => command.name());
const root = fileURLToPath(new URL("../..", import.meta.url));

test("no arguments print the help and end with 0", async () => {
  const bare = await jsrrHere([]);
  expect(bare).toEqual(await jsrrHere(["--help"]));
  expect(bare).toMatchObject({ code: 0, stderr: "" });
  expect(await jsrrHere(["dead-letters"])).toEqual(await jsrrHere(["dead-letters", "--help"]));
});

describe("the help of every command has examples", () => {
  test.each(names)("jsrr %s, whose options exist", async (name) => {
    const { stdout } = await jsrrHere([name, "--help"]);
    const lines = [...(stdout.split("\nExamples:\n")[1] ?? "").matchAll(/\bjsrr [^#|\n)]*/g)].map(([line]) =>
      line.trim(),
    );
    expect(lines).not.toEqual([]);
    for (const line of lines) {
      const [, ...words] = line.split(" ");
      const known = (await program("1.2.3", words)).commands.find((command) => command.name() === words[0]);
      const inner = known?.commands.find((command) => command.name() === words[1]);
      const options = [known, inner].flatMap((command) => command?.options.map(({ long }) => long) ?? []);
      for (const word of words.filter((word) => word.startsWith("--"))) expect(options).toContain(word);
      expect(known?.name(), line).toBe(name);
    }
  });
});

test("every command is an npm script of its name, and the old names are kept", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const name of names) expect([name, scripts[name]]).toEqual([name, `node bin/dev.mjs ${name}`]);
  expect(scripts).toMatchObject({ requester: scripts.request, responder: scripts.respond });
});

test("npm test says how long it takes", () => {
  const { stderr } = spawnSync("npm", ["run", "-s", "pretest"], { cwd: root, encoding: "utf8" });
  expect(stderr).toMatch(/^All tests take about \d+ minutes on \d+ cores?, /);
});

describe("completion", () => {
  const home = folderOfFile("completion");
  const words = async (...typed: string[]) => {
    const { stdout } = await jsrrHere(["completion", "words", "--", ...typed]);
    return stdout.split("\n").flatMap((line) => (line === "" ? [] : [line.split("\t")[0]]));
  };

  test("of the first word has every command", async () => {
    expect(await words("")).toEqual(names);
    expect(await words("scen")).toEqual(["scenario", "scenarios"]);
  });

  test("has the scenarios of the kit, the options and the inner commands", async () => {
    expect(await words("scenario", "offline")).toEqual(["offline-responder"]);
    expect(await words("scenario", "offline-responder", "--re")).toEqual(["--report", "--repeat"]);
    expect(await words("dead-letters", "re")).toEqual(["replay"]);
    expect(await words("completion", "z")).toEqual(["zsh"]);
  });

  test("of an option's value, and of a file, is empty", async () => {
    expect(await words("scenario", "--report", "")).toEqual([]);
    expect(await words("check", "")).toEqual([]);
  });

  test.each(["bash", "zsh", "fish"])("is a script that %s reads, where there is one", async (shell) => {
    const { code, stdout } = await jsrrHere(["completion", shell]);
    expect(code).toBe(0);
    const file = join(home, `completion.${shell}`);
    writeFileSync(file, stdout);
    const { error, status, stderr } = spawnSync(shell, ["-n", file], { encoding: "utf8" });
    if (error === undefined) expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("jsrr completion words -- ");
  });

  test.for([
    [
      "bash",
      `eval "$(jsrr completion bash)"; COMP_WORDS=(jsrr scenario inbox-l); COMP_CWORD=2
      _jsrr; printf %s "\${COMPREPLY[*]}"`,
    ],
    ["fish", `jsrr completion fish | source; complete -C "jsrr scenario inbox-l" | cut -f1 | tr -d "\\n"`],
    // It completes in a terminal only: zpty is one.
    [
      "zsh",
      `zmodload zsh/zpty; zpty inner zsh -f -i
      zpty -w inner 'autoload -Uz compinit; compinit -u -D; eval "$(jsrr completion zsh)"; print -r LOA""DED'
      zpty -r -m inner output '*LOADED*'
      zpty -w -n inner $'jsrr scenario inbox-l\\t'
      zpty -r -m inner output '*inbox-lost'; print -rn -- "\${(M)output%inbox-lost}"`,
    ],
  ] as const)("works in %s", { timeout: 60_000 }, ([shell, question], { skip }) => {
    skip(spawnSync(shell, ["-c", "exit"]).error !== undefined, `There is no ${shell} on this machine.`);
    const folder = join(home, "bin");
    mkdirSync(folder, { recursive: true });
    const jsrr = join(folder, "jsrr");
    writeFileSync(jsrr, `#!/bin/sh\nexec "${process.execPath}" "${join(root, "dist/cli.js")}" "$@"\n`);
    chmodSync(jsrr, 0o755);
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    const { stdout, stderr } = spawnSync(shell, ["-c", question], { env, encoding: "utf8", timeout: 50_000 });
    expect({ stdout, stderr }).toEqual({ stdout: "inbox-lost", stderr: "" });
  });

  test("of an unknown shell is an error", async () => {
    const { code, stderr } = await jsrrHere(["completion", "tcsh"]);
    expect([code, stderr]).toEqual([4, expect.stringMatching(/^Expected the shell to be bash or zsh or fish/)]);
  });
});

describe("with --json an error is a document on stdout, and a sentence on stderr:", () => {
  test.each([
    [["status", "no handle", "--json"], "InvalidInputError", /^Expected a handle such as/],
    [["setup", "extra", "--json"], "CommanderError", /too many arguments for 'setup'/],
    [["scenario", "./none.yaml", "--json"], "ScenarioInvalidError", /there is no such file/],
  ])("%j", async (words, name, message) => {
    const { code, stdout, stderr } = await jsrrHere(words);
    const { format, error } = JSON.parse(stdout);
    expect([code, format, error.name, error.exitCode]).toEqual([4, 1, name, 4]);
    expect(error.message).toMatch(message);
    expect(stderr).toMatch(message);
  });

  test("not after --, where it is no option", async () => {
    const { stdout } = await jsrrHere(["status", "--", "--json"]);
    expect(stdout).toBe("");
  });
});

describe("jsrr open", () => {
  const home = folderOfFile("open");
  const env = { XDG_STATE_HOME: join(home, "state") };

  test("before the first run says how to make one", async () => {
    const { code, stderr } = await jsrrHere(["open", "--print"], { env });
    expect([code, stderr]).toEqual([4, expect.stringMatching(/^No run was kept yet: .*scenario offline-responder/)]);
  });

  test("shows the report of the last run in the browser, made from its history or written by --report", async () => {
    await jsrrHere(["scenario", "no-responders", "--quiet"], { env });
    const made = await jsrrHere(["open", "--json"], { env });
    const { page } = JSON.parse(made.stdout);
    expect(page).toMatch(/jsrr\/no-responders-[^/]+\/report\.html$/);
    expect(readFileSync(page, "utf8")).toContain("<!doctype html>");

    const report = join(home, "out");
    await jsrrHere(["scenario", "no-responders", "--quiet", "--report", report], { env });
    const [browser, opened] = [join(home, "browser"), join(home, "opened")];
    writeFileSync(browser, `#!/bin/sh\nprintf %s "$1" > "${opened}.part" && mv "${opened}.part" "${opened}"\n`);
    chmodSync(browser, 0o755);
    const shown = await jsrrHere(["open"], { env: { ...env, BROWSER: browser } });
    expect(shown).toMatchObject({ code: 0, stdout: `${join(report, "report.html")}\n` });
    await expect.poll(() => existsSync(opened), { timeout: 10_000 }).toBe(true);
    expect(readFileSync(opened, "utf8")).toBe(join(report, "report.html"));
  });
});
