// Imports point one way, and never in a circle: the rooms of src/ in the order in which they may know each other.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const src = fileURLToPath(new URL("../src", import.meta.url));

/**
 * What each room may import from; itself always. The library comes first (protocol to dead-letters) and imports nothing of
 * the laboratory.
 */
const may: Record<string, string[]> = {
  common: [],
  protocol: ["common"],
  connection: ["common", "protocol"],
  "stream-setup": ["common", "protocol"],
  requester: ["common", "protocol", "connection"],
  responder: ["common", "protocol", "connection"],
  "dead-letters": ["common", "protocol", "connection"],
  history: ["common", "protocol"],
  link: [],
  server: ["common", "protocol", "link"],
  faults: ["common", "history", "link", "server"],
  scenario: ["common", "protocol", "history", "faults"],
  report: ["common", "protocol", "history"],
  runner: [
    "common",
    "protocol",
    "connection",
    "stream-setup",
    "requester",
    "responder",
    "dead-letters",
    "history",
    "link",
    "server",
    "faults",
    "scenario",
  ],
  trials: ["protocol", "history", "scenario", "runner"],
  // Nothing of the kit imports it: it is what others import.
  testing: [
    "common",
    "protocol",
    "connection",
    "stream-setup",
    "requester",
    "responder",
    "history",
    "server",
    "scenario",
    "report",
    "runner",
  ],
  compare: ["protocol", "history", "scenario", "runner"],
  commands: ["*"],
  "cli.ts": ["commands"],
  "index.ts": ["*"],
};

const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const room = (file: string) => file.split("/")[0] as string;

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), "utf8");
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g)].map((m) => m[1] as string);
  return found
    .map((path) => relative(src, join(src, dirname(file), path)).replace(/\.js$/, ".ts"))
    .filter((path) => files.includes(path));
}

test.each(files)("%s imports only from allowed folders", (file) => {
  const allowed = may[room(file)];
  expect(allowed, `src/${room(file)} is not in the list of rooms`).toBeDefined();
  const wrong = importsOf(file).filter((other) => {
    return room(other) !== room(file) && !allowed?.includes("*") && !allowed?.includes(room(other));
  });
  expect(wrong).toEqual([]);
});

describe("import cycles", () => {
  const graph = new Map(files.map((file) => [file, importsOf(file)]));
  test("do not exist between files", () => expect(circleIn(graph)).toBeUndefined());

  test("are found by the search if there is one", () => {
    const circular = new Map([
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["a"]],
    ]);
    expect(circleIn(circular)).toEqual(["a", "b", "c", "a"]);
  });
});

function circleIn(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const circle = visit(next, [...path, node]);
      if (circle) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = visit(node, []);
    if (circle) return circle;
  }
  return undefined;
}
