// Gets a scenario file's text off the disk, or says why there is none.
import { isUtf8 } from "node:buffer";
import { readFile, stat } from "node:fs/promises";
import { type Problem, ScenarioInvalid } from "./problem.js";

/** Scenario files are short; a megabyte is somebody else's file. */
export const mostBytes = 1024 * 1024;

/** @throws ScenarioInvalid when the file is missing, not a file, too large, unreadable, or not UTF-8. */
export async function readScenarioText(file: string): Promise<string> {
  const bytes = await readBytes(file).catch((error: unknown) => {
    throw error instanceof ScenarioInvalid ? error : unreadable(file, reason(error));
  });
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (!isUtf8(bytes)) throw new ScenarioInvalid([notUtf8(file, text)]);
  return text;
}

async function readBytes(file: string): Promise<Buffer> {
  const facts = await stat(file);
  // Checked before reading: a pipe or a device would never end.
  if (facts.isDirectory()) throw unreadable(file, "Expected a scenario file, got a folder");
  if (!facts.isFile()) throw unreadable(file, "Expected a scenario file, got something that is not a file");
  if (facts.size > mostBytes) throw unreadable(file, `Expected at most 1 MB, got ${facts.size} bytes`);
  return readFile(file);
}

const inWords: Record<string, string> = {
  ENOENT: "Expected a scenario file, got nothing: there is no such file",
  ENOTDIR: "Expected a scenario file, got nothing: there is no such folder",
  EACCES: "Expected a scenario file that may be read: permission denied",
};

function reason(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return inWords[code] ?? `Expected a scenario file that can be read: ${message}`;
}

const unreadable = (file: string, message: string) =>
  new ScenarioInvalid([{ file, line: 1, column: 1, length: 1, message, source: "" }]);

/** `decoded` holds U+FFFD where the bytes made no sense. */
function notUtf8(file: string, decoded: string): Problem {
  const before = decoded.slice(0, decoded.indexOf("\uFFFD")).split("\n");
  const source = decoded.split("\n")[before.length - 1] ?? "";
  const column = (before.at(-1) ?? "").length + 1;
  const message = "Expected UTF-8 text, got bytes that are not";
  return { file, line: before.length, column, length: 1, message, source: source.replace(/\r$/, "") };
}
