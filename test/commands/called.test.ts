// A hint names the command as it was called: whoever copies it runs it.
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { asCalled, withTerminal } from "../internal/commands.js";

const by = (env: NodeJS.ProcessEnv, text: string) => {
  const stream = { write: () => {} };
  const terminal = { stdin: Readable.from([]), stdout: stream, stderr: stream, env };
  return withTerminal(terminal, () => asCalled(text));
};
const clone = { JSRR_CALLED: "npm run jsrr --", npm_lifecycle_event: "jsrr" };

test.each([
  ["There is no bucket; run `jsrr setup --strategies kv` first.", "run `npm run jsrr -- setup --strategies kv` first"],
  ["nothing was changed (jsrr setup --update changes it):", "(npm run jsrr -- setup --update changes it)"],
  ["holds no message 1; jsrr dead-letters list shows it.", "; npm run jsrr -- dead-letters list shows"],
  ["this jsrr reads format 1: use a newer jsrr.", "this jsrr reads format 1: use a newer jsrr."],
  ["Cannot use /home/x/jsrr here", "Cannot use /home/x/jsrr here"],
])("hints in a clone name the command %s", (text, hint) => expect(by(clone, text)).toContain(hint));

test("hints name npx or the installed command", () => {
  expect(by({ npm_lifecycle_event: "npx" }, "run `jsrr setup`")).toBe("run `npx jsrr setup`");
  expect(by({ npm_lifecycle_event: "test" }, "run `jsrr setup`")).toBe("run `jsrr setup`");
});
