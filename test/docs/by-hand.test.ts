// docs/by-hand.md: its commands, run in their order on a real server, and what the page says that they print.
import { expect, test } from "vitest";
import { type CliProcess, jsrr, startJsrr } from "../support/cli.js";
import { startTestServer } from "../support/server.js";
import { jsrrWords, read } from "./page.js";

const page = read("docs/by-hand.md");

function argumentsOf(line: string): string[] {
  const words = jsrrWords(line);
  if (words === undefined) throw new Error(`\`${line}\` does not run jsrr.`);
  return words;
}

/** The lines of every block of commands up to a heading, in order. */
const commands = (text: string) =>
  [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].flatMap(([, block = ""]) =>
    block
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean),
  );

/** The page's own wait for a reply, shorter: only the text counts. */
const shown = (text: string) => text.replace(/within \d+ ms/, "within N ms").trim();

test("the commands of docs/by-hand.md do what the page says", { timeout: 120_000 }, async () => {
  await using server = await startTestServer();
  const env = { NATS_URL: server.url, JSRR_CALLED: "npm run jsrr --" };
  const run = (line: string) => jsrr(argumentsOf(line), { env });
  const [three = "", dead = ""] = page.split(/^## .*$/m);

  const [start, setup = "", request = "", respond = "", status = "", collect = ""] = commands(three);
  expect(argumentsOf(start ?? "")).toEqual(["server"]);
  expect((await run(setup)).code).toBe(0);
  const timedOut = await run(request);
  const promised = /```\n( *stored as[\s\S]*?)```/.exec(three)?.[1]?.replace(/^ {3}/gm, "") ?? "";
  expect(shown(timedOut.stderr)).toBe(shown(promised));
  {
    await using responder: CliProcess = startJsrr(argumentsOf(respond), { env });
    await responder.says(/stored as message 1 of REPLIES/);
    expect((await run(status)).stdout).toContain("replied");
    expect((await run(collect)).stdout).toBe("🥪\n");
    responder.signal("SIGINT");
    await responder.ended;
  }

  const [limit = "", failing = "", bagel = "", list = "", replay = "", again = ""] = commands(dead);
  expect((await run(limit)).code).toBe(0);
  {
    await using responder: CliProcess = startJsrr(argumentsOf(failing), { env });
    expect((await run(bagel)).stderr).toContain("dead-lettered");
    expect((await run(list)).stdout).toContain("snack");
    responder.signal("SIGINT");
    await responder.ended;
  }
  await using _ = startJsrr(argumentsOf(respond), { env });
  expect((await run(replay)).code).toBe(0);
  await expect.poll(async () => (await run(again)).stdout, { timeout: 20_000 }).toBe("🥯\n");
});
