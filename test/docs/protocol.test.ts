// docs/protocol.md: its configurations, tables and programs, generated from the code. `UPDATE_DOCS=1` writes them.
import type { MsgHdrs } from "@nats-io/nats-core";
import { expect, test } from "vitest";
import { planSetup, setup } from "../../src/index.js";
import { codeOf, dialects, fromApiError, statuses } from "../internal/protocol.js";
import { startHarnesses } from "../support/harness.js";
import { fenced, read, region, regions, rewrite, table } from "./page.js";

const path = "docs/protocol.md";
const json = (value: object) => fenced("json", JSON.stringify(value, null, 2));

/** A new status needs its meaning here. */
const meanings: Record<(typeof statuses)[number], [meaning: string, request: string]> = {
  ok: ["the handler returned", "acked"],
  error: ["the handler threw, or its reply cannot be published", "acked"],
  rejected: ["no handler has this order, or the payload is not readable", "terminated"],
  expired: ["the deadline passed", "terminated, or acked if a handler stopped"],
  cancelled: ["the requester cancelled the request", "deleted, or acked if a handler stopped"],
  "dead-lettered": ["the last attempt failed", "terminated"],
};

function statusTable(): string {
  const rows = statuses.map((status) => [`\`${status}\``, status === "ok" ? "" : codeOf(status), ...meanings[status]]);
  return table(["`Reply-Status`", "`Nats-Service-Error-Code`", "meaning", "the request is"], rows);
}

/** `<br>` is the only line break in a table. */
const cell = (headers: MsgHdrs) =>
  headers
    .keys()
    .map((name) => `\`${name}: ${headers.get(name)}\``)
    .join("<br>") || "none";

function dialectsTable(): string {
  const rows = dialects.map((dialect) => [
    `\`${dialect.name}\``,
    dialect.name === "core"
      ? "none; the message's own reply subject"
      : cell(dialect.requestHeaders("<id>", "<address>")),
    cell(dialect.replyHeaders({ id: "<id>" }, "ok", "")),
    cell(dialect.replyHeaders({ id: "<id>" }, "error", "sold out")),
    `\`${dialect.payload("ok", "tea")}\``,
    `\`${dialect.payload("error", "sold out")}\``,
  ]);
  return table(["dialect", "request", "ok", "failed", "text as payload", "failed"], rows);
}

const { streams, consumers } = planSetup();
const texts: Record<string, string> = {
  ...Object.fromEntries(streams.map((stream) => [stream.name, json(stream)])),
  responder: json(consumers[0]?.config ?? {}),
  statuses: statusTable(),
  dialects: dialectsTable(),
  "responder-nats-v2.mjs": fenced("js", read("examples/responder-nats-v2.mjs")),
  "requester-nats-v2.mjs": fenced("js", read("examples/requester-nats-v2.mjs")),
  "responder.py": fenced("python", read("examples/responder.py")),
};

if (process.env.UPDATE_DOCS) rewrite(path, texts);
const page = read(path);

test("the page has exactly the generated regions", () => {
  expect(regions(page)).toEqual(Object.keys(texts));
});

test.each(Object.keys(texts))("%s is up to date", (name) => expect(region(page, name)).toBe(texts[name]));

test("the page names the error class of each error number", () => {
  const rows = page.split("\n").filter((line) => /^\| \d{5}/.test(line));
  expect(rows.length).toBeGreaterThan(4);
  for (const row of rows) {
    const [, numbers = "", , error] = row.split("|").map((text) => text.trim());
    for (const number of numbers.split(", ")) {
      const classified = fromApiError("x", { code: 400, err_code: Number(number), description: "x" });
      expect(`\`${classified.name}\``, number).toBe(error);
    }
  }
});

test("the configurations on the page, sent to the API, equal those of setup()", async () => {
  await using harnesses = await startHarnesses();
  await using w = await harnesses.next(false);
  const config = (name: string) => JSON.parse(region(page, name).replaceAll("```json", "").replaceAll("```", ""));
  const create = async (subject: string, body: object) =>
    (await w.nc.request(`$JS.API.${subject}`, JSON.stringify(body))).json<{ error?: object }>();
  for (const name of ["REQUESTS", "REPLIES", "DEAD_LETTERS"]) {
    expect((await create(`STREAM.CREATE.${name}`, config(name))).error).toBeUndefined();
  }
  const body = { stream_name: "REQUESTS", config: config("responder") };
  const made = await create("CONSUMER.CREATE.REQUESTS.responder.requests.>", body);
  expect(made.error).toBeUndefined();
  const report = await setup(w.nc);
  expect(report).toMatchObject({ created: [], updated: [] });
  expect(report.unchanged).toHaveLength(4);
});
