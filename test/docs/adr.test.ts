// docs/adr-durable-request-reply.md: its tables from the code, and each constant of the wire on it. `UPDATE_DOCS=1` writes the tables.
import { expect, test } from "vitest";
import { planSetup } from "../../src/index.js";
import { promisesOf, roles } from "../internal/conformance.js";
import {
  deadLetterHeader,
  defaultNames,
  header,
  inHand,
  maxAttemptsKey,
  sharedKey,
  statuses,
} from "../internal/protocol.js";
import { fenced, read, region, regions, rewrite, table } from "./page.js";

const path = "docs/adr-durable-request-reply.md";

interface Cell {
  request: string;
  effect: number;
  reply: string;
  copies: number;
}

/** One line for each setting would repeat the page of the protocol at length. */
function configuration(): string {
  const { streams, consumers } = planSetup();
  const line = (value: object) => JSON.stringify(value).replaceAll('":', '": ').replaceAll(',"', ', "');
  return fenced("json", [...streams, ...consumers.map(({ config }) => config)].map(line).join("\n\n"));
}

function alternatives(): string {
  const situations: Record<string, Record<string, Cell>> = JSON.parse(read("assets/compare.json"));
  const strategies = Object.keys(Object.values(situations)[0] ?? {});
  const times = ["none", "once", "twice"];
  const text = ({ request, effect, reply, copies }: Cell) =>
    `${request}, ${times[effect]}, ${reply}${copies > 1 ? ` ×${copies}` : ""}`;
  const rows = Object.entries(situations).map(([situation, cells]) => [
    situation,
    ...strategies.map((strategy) => text(cells[strategy] as Cell)),
  ]);
  return table(["situation", ...strategies], rows);
}

const texts: Record<string, string> = {
  configuration: configuration(),
  statuses: region(read("docs/protocol.md"), "statuses"),
  alternatives: alternatives(),
};

if (process.env.UPDATE_DOCS) rewrite(path, texts);
const page = read(path);

test("the page has exactly the generated regions", () => expect(regions(page)).toEqual(Object.keys(texts)));

test.each(Object.keys(texts))("%s is up to date", (name) => expect(region(page, name)).toBe(texts[name]));

const names = Object.entries(defaultNames).filter(([, value]) => typeof value === "string");

test.each([
  ["header", [...Object.values(header), ...Object.values(deadLetterHeader)]],
  ["status", statuses],
  ["word of a cancel or of the metadata", [inHand, maxAttemptsKey, sharedKey]],
  ["promise", roles.flatMap((role) => Object.keys(promisesOf(role)))],
])("each %s of the code is on the page", (_, words) => {
  expect(words.length).toBeGreaterThan(2);
  expect(words.filter((word) => !new RegExp(`\`${word}[\`: ]`).test(page))).toEqual([]);
});

test("each stream and each prefix of a subject is on the page", () => {
  expect(names.length).toBeGreaterThan(12);
  // A prefix ends with a dot, as a sentence may.
  const isNamed = (name: string) => page.includes(name.endsWith(".") ? `\`${name}` : name);
  expect(names.filter(([, value]) => !isNamed(value))).toEqual([]);
});

/** Every name that looks like one of the wire's headers. */
const wireHeader = /`((?:Request|Reply|Dead-Letter|Nats)(?:-[A-Z][a-z]+)*)[`:]/g;

test.each(["docs/adr-durable-request-reply.md", "docs/protocol.md"])(
  "%s names no header that the code lacks",
  (one) => {
    const known: string[] = [...Object.values(header), ...Object.values(deadLetterHeader)];
    const foreign = ["Nats-Reply", "Nats-Scheduler"]; // of the trial, and of the server
    const found = new Set([...read(one).matchAll(wireHeader)].map(([, name = ""]) => name));
    expect(found.size).toBeGreaterThan(15);
    expect([...found].filter((name) => ![...known, ...foreign].includes(name))).toEqual([]);
  },
);
