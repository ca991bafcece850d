// The help of every command, and the message for a mistyped one. In this process: no command gets as far as running.
import { Help } from "commander";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { program } from "../internal/commands.js";
import { jsrrHere } from "../support/cli.js";

const type = (...words: string[]) => jsrrHere(words);

const jsrr = await program("1.2.3");
const names = jsrr.commands.map((command) => command.name());

describe("help", () => {
  it.each(["", ...names])("of jsrr %s fits 80 columns and has its usage", async (name) => {
    const { code, stdout } = await type(...(name ? [name] : []), "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: jsrr ${name}`));
    expect(stdout.split("\n").filter((line) => stringWidth(line) > 80)).toEqual([]);
    expect(stdout).not.toMatch(/undefined|\[object|5000/);
  });

  it("lists every command, and the exit codes", async () => {
    const { stdout } = await type("--help");
    for (const name of names) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
    expect(stdout).toMatch(/Exit codes: 0 .* 3 failed,\s+4 bad file or arguments/);
  });

  it.each(names)("of jsrr lists %s with the options and arguments that the command has", async (name) => {
    const loaded = (await program("1.2.3", [name])).commands.find((command) => command.name() === name);
    const { stdout } = await type("--help");
    expect(loaded).toBeDefined();
    expect(stdout).toContain(`\n  ${new Help().subcommandTerm(loaded as NonNullable<typeof loaded>)}  `);
  });

  it.each(["request", "dead-letters"])("jsrr help %s prints what %s --help prints", async (name) => {
    expect(await type("help", name)).toEqual(await type(name, "--help"));
  });

  it("--version", async () => {
    expect(await type("--version")).toMatchObject({ code: 0, stdout: "1.2.3\n" });
  });
});

describe("a mistyped command or option gets a suggestion:", () => {
  it.each([
    [["requst"], /unknown command 'requst'[\s\S]*Did you mean request\?/],
    [["request", "order-x", "--timeot", "3s"], /unknown option '--timeot'[\s\S]*Did you mean --timeout\?/],
    [["request"], /missing required argument 'order'/],
    [["status"], /missing required argument 'handle'/],
    [["scenario"], /missing required argument 'name\|file'/],
    [["setup", "extra"], /too many arguments for 'setup'/],
    [["scenario", "offline-responder", "--wait", "5s"], /unknown option '--wait'/],
    [["demo", "--wait", "5s"], /unknown option '--wait'/],
    [["request", "order-x", "--timeout"], /'--timeout <time>' argument missing/],
    [["request", "order-x", "--timeout", "0"], /--timeout to be a duration like .* got "0"/],
    [["request", "order-x", "--timeout", "0s"], /--timeout to be a duration .* from 1ms to 596h, got "0s"/],
    [["request", "order-x", "--timeout", "soon"], /got "soon"/],
    [["request", "order-x", "--timeout", "600h"], /from 1ms to 596h/],
    [["request", "order-x", "--reply", "post"], /--reply to be inbox or mailbox or kv or shared or trial, got "post"/],
    [["collect", "a.b.REQUESTS.1", "--timeout", "5"], /--timeout to be a duration/],
    [["setup", "--storage", "disk"], /--storage to be file or memory, got "disk"/],
    [["setup", "--replicas", "9"], /--replicas to be a whole number from 1 to 5, got "9"/],
    [["setup", "--max-deliver", "0"], /--max-deliver to be a whole number from 1, or -1 for no limit, got "0"/],
    [["setup", "--max-requests", "many"], /--max-requests to be a whole number from 1, or -1/],
    [["setup", "--reply-age", "10ms"], /--reply-age to be a duration .* from 100ms/],
    [["respond", "--menu", "tea"], /--menu to be an order and its reply like "order-tea=🍵", got "tea"/],
    [["respond", "--menu", "a b=c"], /a subject of requests such as .* got "a b"/],
    [["respond", "--concurrency", "0"], /--concurrency to be a whole number from 1/],
    [["respond", "--prefetch", "0"], /--prefetch to be a whole number from 1/],
    [["respond", "--work", "5"], /--work to be a duration like .* got "5"/],
    [["respond", "--fails", "twice"], /--fails to be a whole number, 0 or more, or "always", got "twice"/],
    [["server", "--port", "65536"], /--port to be a whole number from 0 to 65535/],
    [["status", "a.b.REQUESTS.1", "--server", ""], /--server to be a URL such as .* got ""/],
    [["status", "no handle"], /Expected a handle such as alice\..*, got "no handle"/],
    [["scenario", "offlin-responder"], /\(jsrr list shows all\)\n {2}did you mean "offline-responder"\?\n$/],
    [["scenario", "nothing-like-it"], /\n {2}known: ack-wait-expiry, /],
    [["scenario", "./none.yaml"], /there is no such file/],
    [["scenario", "./test"], /got a folder/],
  ])("jsrr %j", async (words, message) => {
    const { code, stderr, stdout } = await type(...words);
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
