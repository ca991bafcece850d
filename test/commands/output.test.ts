// What the command line prints of payloads: the bytes as they are for a pipe, and nothing that steers a terminal or a CI runner.
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Responder, setup } from "../../src/index.js";
import { commandLine, withTerminal } from "../internal/commands.js";
import { startTestServer, type TestServer } from "../support/server.js";

/** No UTF-8, and long enough for several chunks of a pipe. */
const bytes = gzipSync(randomBytes(200_000));
const escapes = "a\u001b]0;pwned\u0007b\u001b[2Jc\u009b31md\u007fe\rf\u202eg\u001b[8mh";
const commands = "fine\n::error::pwned\n  ::add-mask::x\r::stop-commands::y\n##[error]z ##[group]\n:: alone";
const payloads: Record<string, Uint8Array | string> = { bytes, escapes, commands, text: "ö🥪\n", bom: "\ufeffbom" };

let server: TestServer;
let responder: Responder;
beforeAll(async () => {
  server = await startTestServer();
  const nc = await server.connect();
  await setup(nc, { storage: "memory" });
  const handlers = {
    give: ({ text }: { text: string }) => payloads[text] ?? "",
    parts: async function* ({ text }: { text: string }) {
      yield payloads[text] ?? "";
      return payloads[text] ?? "";
    },
    fail: ({ text }: { text: string }) => {
      throw new Error(`${payloads[text]}`);
    },
  };
  responder = await Responder.start(nc, { name: "bob", handlers });
});
afterAll(async () => {
  await responder?.drain();
  await server?.[Symbol.asyncDispose]();
});

interface Printed {
  code: number;
  out: Buffer;
  err: string;
}

async function run(args: readonly string[], { isTTY = false, env = {} } = {}): Promise<Printed> {
  const [out, err]: [Buffer[], string[]] = [[], []];
  const terminal = {
    stdin: Readable.from([]),
    stdout: { write: (text: string | Uint8Array) => out.push(Buffer.from(text as string)), isTTY },
    stderr: { write: (text: string) => err.push(text) },
    env: { NATS_URL: server.url, ...env },
  };
  const code = await withTerminal(terminal, () => commandLine(args, "1.2.3").run());
  return { code, out: Buffer.concat(out), err: err.join("") };
}

/** Requests it first, so that `collect` finds it under this id. */
const collectAfter = async (payload: string, ...flags: string[]): Promise<string[]> => {
  const { out } = await run(["request", "give", payload, "--json"]);
  return ["collect", JSON.parse(out.toString()).handle, ...flags];
};
/** `err`: what it prints on stderr. */
const ways = (payload: string): [string, () => Promise<string[]>, err: RegExp][] => [
  ["request", async () => ["request", "give", payload], /^stored as \S+; Ctrl-C leaves it queued\n$/],
  ["collect", () => collectAfter(payload), /^$/],
];

describe("bytes that are no text", () => {
  test.each(ways("bytes"))("jsrr %s writes them to a pipe as they are", async (_, args, noted) => {
    const { code, out, err } = await run(await args());
    expect({ code, same: out.equals(bytes) }).toEqual({ code: 0, same: true });
    expect(err).toMatch(noted);
  });

  test.each(ways("bytes"))("jsrr %s prints only their number on a terminal", async (_, args) => {
    const { code, out, err } = await run(await args(), { isTTY: true });
    expect({ code, out: out.toString() }).toEqual({ code: 0, out: "" });
    expect(err).toContain(`${bytes.length} bytes that are no text`);
  });

  test.each(ways("bytes"))("jsrr %s --json has them as base64, and says so", async (_, args) => {
    const { out } = await run([...(await args()), "--json"]);
    const { payload, encoding } = JSON.parse(out.toString());
    expect(encoding).toBe("base64");
    expect(Buffer.from(payload, "base64").equals(bytes)).toBe(true);
  });

  test("jsrr request --many --json has each part as base64", async () => {
    const { out } = await run(["request", "parts", "bytes", "--many", "--json"]);
    const lines = out
      .toString()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ encoding, payload }) => [encoding, Buffer.from(payload, "base64").equals(bytes)])).toEqual(
      Array.from({ length: 2 }, () => ["base64", true]),
    );
  });
});

test("text keeps its bytes for a pipe, and gets a line end if it has none", async () => {
  const printed = async (name: string) => (await run(["request", "give", name])).out.toString();
  expect(await printed("text")).toBe("ö🥪\n");
  expect(await printed("bom")).toBe("\ufeffbom\n");
  expect(await printed("escapes")).toBe(`${escapes}\n`);
});

test("jsrr request --json has the handle that collects the reply, also after parts", async () => {
  const one = JSON.parse((await run(["request", "give", "text", "--json", "--id", "one"])).out.toString());
  expect(one).toEqual({
    status: "ok",
    payload: "ö🥪\n",
    handle: expect.stringMatching(/^requester\.one\.REQUESTS\.\d+$/),
  });
  const { out } = await run(["request", "parts", "text", "--many", "--json", "--name", "alice"]);
  const { handle } = JSON.parse(out.toString().trim().split("\n").at(-1) ?? "");
  expect((await run(["collect", handle])).out.toString()).toBe("ö🥪\nö🥪\n");
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/;

describe("escape sequences in a payload", () => {
  test.each(ways("escapes"))("jsrr %s shows them escaped on a terminal", async (_, args) => {
    const { out } = await run(await args(), { isTTY: true });
    expect(out.toString()).not.toMatch(steering);
    expect(out.toString()).toContain("a\\u001b]0;pwned\\u0007b");
  });

  test.each(ways("escapes"))("jsrr %s --json escapes them, and the value stays", async (_, args) => {
    const { out } = await run([...(await args()), "--json"]);
    expect(out.toString()).not.toMatch(steering);
    expect(JSON.parse(out.toString()).payload).toBe(escapes);
  });

  test("jsrr request and collect show them escaped in an error reply and in an error", async () => {
    const failed = await run(["request", "fail", "escapes"]);
    expect(failed).toMatchObject({ code: 1, err: expect.stringContaining("a\\u001b]0;pwned") });
    const wrong = await run(["collect", escapes]);
    expect(wrong).toMatchObject({ code: 4, err: expect.stringContaining("Expected a handle") });
    const unknown = await run([escapes]);
    const option = await run(["request", "give", `--${escapes}`]);
    for (const { err } of [failed, wrong, unknown, option]) expect(err).not.toMatch(steering);
  });
});

describe("GitHub workflow commands in a payload", () => {
  /** As the runner finds them: at the beginning of a line after any space, or the older ones anywhere. */
  const executed = (output: string) => output.split(/\r\n|\r|\n/).filter((line) => /^\s*::|##\[/.test(line));

  test.each(ways("commands"))("jsrr %s prints none into the log of a job", async (_, args) => {
    const { out } = await run(await args(), { env: { GITHUB_ACTIONS: "true" } });
    expect(executed(out.toString())).toEqual([]);
    expect(out.toString()).toContain("pwned");
  });

  test("--json and error replies have none, and the value stays", async () => {
    const { out } = await run(["request", "give", "commands", "--json"]);
    expect(executed(out.toString())).toEqual([]);
    expect(JSON.parse(out.toString()).payload).toBe(commands);
    const { err } = await run(["request", "fail", "commands"]);
    expect(executed(err)).toEqual([]);
    expect(err).toContain("pwned");
  });
});
