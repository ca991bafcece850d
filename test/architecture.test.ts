// The order of the folders of src/: imports point one way and never in a circle, and one name is exported once.
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
  "stream-setup": ["common", "protocol", "connection"],
  requester: ["common", "protocol", "connection"],
  responder: ["common", "protocol", "connection"],
  "dead-letters": ["common", "protocol", "connection"],
  // Nothing of the kit imports it: it is an entry of its own, because it imports @opentelemetry/api.
  telemetry: ["protocol"],
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
    "link",
  ],
  conformance: ["common", "protocol", "history", "scenario", "report", "runner"],
  compare: ["protocol", "history", "scenario", "report", "runner"],
  explore: ["common", "protocol", "history", "server", "faults", "scenario", "report", "runner"],
  demo: [
    "common",
    "protocol",
    "connection",
    "stream-setup",
    "history",
    "link",
    "server",
    "scenario",
    "report",
    "runner",
  ],
  commands: ["*"],
  "cli.ts": ["commands"],
  "index.ts": ["*"],
  "browser.ts": ["common", "protocol", "connection", "stream-setup", "requester", "responder", "dead-letters"],
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

describe("the layout", () => {
  // A registry grows by one file a member.
  const registries = /\/(faults|checks|dialects|strategies|sources|steps)$/;
  test("no folder but a registry holds more than 25 files", () => {
    const counts = new Map<string, number>();
    for (const file of files) counts.set(dirname(`/${file}`), (counts.get(dirname(`/${file}`)) ?? 0) + 1);
    const full = [...counts].filter(([folder, count]) => count > 25 && !registries.test(folder));
    expect(full).toEqual([]);
  });

  const library = ["protocol", "connection", "stream-setup", "requester", "responder", "dead-letters"];
  const layerOf = (file: string) => (library.includes(room(file)) ? "library" : room(file));
  // The table of commands calls it of each command's file.
  const contracts = ["commands: configure"];
  test("no name is exported by two files of one layer", () => {
    const exporters = new Map<string, string[]>();
    for (const file of files.filter((name) => !/(^|\/)index\.ts$/.test(name))) {
      for (const name of exportsOf(file)) {
        const key = `${layerOf(file)}: ${name}`;
        exporters.set(key, [...(exporters.get(key) ?? []), file]);
      }
    }
    const repeated = [...exporters].filter(([name, of]) => of.length > 1 && !contracts.includes(name));
    expect(repeated).toEqual([]);
  });
});

function exportsOf(file: string): Set<string> {
  const text = readFileSync(join(src, file), "utf8");
  const declared =
    /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|type|interface|enum) (\w+)/gm;
  return new Set([...text.matchAll(declared)].map((match) => match[1] as string)); // overloads repeat a name
}

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
