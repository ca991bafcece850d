// `jsrr compare` as a real process: two situations with two strategies, each cell run on a server of its own.
import { describe, expect, test } from "vitest";
import { jsrr, jsrrHere, startJsrr } from "../support/cli.js";
import { privateTemp } from "../support/leftovers.js";

const few = ["compare", "--situations", "duplicate-request,requester-restarted", "--strategies", "mailbox,inbox"];

describe.concurrent("jsrr compare", () => {
  test("--json prints the measured cells, with progress on stderr, and leaves nothing behind", async () => {
    using temp = privateTemp();
    const { code, stdout, stderr } = await jsrr([...few, "--json"], { env: { TMPDIR: temp.path } });
    const comparison = JSON.parse(stdout);
    expect([code, comparison.asExpected]).toEqual([0, true]);
    const told = comparison.cells.map((cell: Record<string, unknown>) =>
      [cell.situation, cell.strategy, cell.request, cell.effect, cell.reply, cell.copies].join(" "),
    );
    expect(told).toEqual([
      "requester-restarted inbox answered 1 lost 0",
      "requester-restarted mailbox answered 1 collected 1",
      "duplicate-request inbox answered 1 1 of 2 0",
      "duplicate-request mailbox answered 1 2 of 2 1",
    ]);
    expect(comparison.cells[0].checks["no-lost-replies"]).toBe("violated");
    expect(comparison.cells[1].checks["no-lost-replies"]).toBe("held");
    const progress = stderr.trim().split("\n");
    expect(progress.map((line) => line.slice(0, 4))).toEqual(["1/4 ", "2/4 ", "3/4 ", "4/4 "]);
    expect(progress.map((line) => line.slice(4)).sort()[3]).toBe(
      "requester-restarted with mailbox: answered, executed once, reply collected",
    );
    expect([temp.processes(), temp.entries()]).toEqual([[], []]);
  });

  test("Ctrl-C ends all its runs and leaves nothing", async () => {
    using temp = privateTemp();
    await using run = startJsrr(["compare", "--parallel", "3"], { env: { TMPDIR: temp.path } });
    await run.says(/with inbox: /);
    run.signal("SIGINT");
    const { code, stdout, stderr } = await run.ended;
    expect([code, stdout]).toEqual([130, ""]);
    expect(stderr).toMatch(/Interrupted by SIGINT; everything was released\.\n$/);
    expect([temp.processes(), temp.entries()]).toEqual([[], []]);
  });

  test.each([
    [
      ["--situations", "dupliate-request"],
      /^Expected --situations to be responder-offline or .*, got "dupliate-request"; did you mean "duplicate-request"\?\n$/,
    ],
    [["--strategies", "mailbox,pigeon"], /^Expected --strategies to be inbox or .*, got "pigeon"\.\n$/],
    [["--parallel", "0"], /^Expected --parallel to be a whole number from 1 to 16, got "0"\.\n$/],
  ])("%j is refused before anything runs", async (args, words) => {
    expect(await jsrrHere(["compare", ...args])).toMatchObject({ code: 4, stderr: expect.stringMatching(words) });
  });

  test("ends with exit 3 and the name of a cell if a run fails", async () => {
    const env = { NATS_SERVER_BIN: "/nowhere/nats-server" };
    const { code, stderr } = await jsrr(["compare", "--situations", "responder-offline"], { env });
    expect([code, stderr]).toEqual([3, expect.stringMatching(/^responder-offline with [a-z]+: .*nowhere/)]);
  });
});
