// `jsrr conformance`: runs services that keep promises and services that break them, on real servers.
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { ConformanceReport } from "../internal/conformance.js";
import { jsrr } from "../support/cli.js";

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const example = `${process.execPath} ${file("examples/responder-nats-v2.mjs")}`;
const service = (fault: string) =>
  `${process.execPath} ${file("test/fixtures/services/order-service.js")} fault=${fault}`;

const report = (command: string, ...flags: string[]) => reportOf(`responder=${command}`, ...flags);

async function reportOf(actor: string, ...flags: string[]) {
  const { code, stdout } = await jsrr(["conformance", "--actor", actor, "--json", "--quiet", ...flags]);
  return { code, ...(JSON.parse(stdout) as ConformanceReport) };
}

const only = (...names: string[]) => names.flatMap((name) => ["--only", name]);

test("an example keeps the promises of a crash before the ack, of an unknown order, and of its headers", async () => {
  const names = ["writes-the-headers-of-a-reply", "rejects-an-unknown-order", "survives-a-crash-before-ack"];
  const { code, counts, promises, server } = await report(example, ...only(...names));
  expect(promises.map(({ promise, state, reason }) => [promise, state, reason])).toEqual(
    names.map((name) => [name, "kept", undefined]),
  );
  expect([code, counts, server?.version]).toEqual([0, { kept: 3, broken: 0, "not shown": 0 }, expect.any(String)]);
}, 60_000);

test.each([
  ["ack-first", "stores-the-reply-before-the-ack", /reply-before-ack is violated/],
  ["other-mailbox", "uses-the-right-address", /^Expected lunch to be ok/],
  ["never-acks", "answers-a-request", /^Expected stream.REQUESTS.messages to be 0/],
  ["none", "writes-the-headers-of-a-reply", /^The reply to order-42 has no Request-Subject\.$/],
])(
  "a service with the fault %s breaks %s",
  async (fault, name, reason) => {
    const { code, promises } = await report(service(fault), ...only(name));
    expect([code, promises]).toEqual([1, [expect.objectContaining({ state: "broken" })]]);
    expect(promises[0]?.reason).toMatch(reason);
  },
  60_000,
);

test("a service that ends itself at a request has broken the promise", async () => {
  const plain = `${process.execPath} ${file("test/fixtures/conformance/plain-consumer.js")}`;
  const { code, promises } = await report(plain, ...only("refuses-an-invalid-address"));
  expect([code, promises[0]?.state, promises[0]?.reason]).toEqual([
    1,
    "broken",
    expect.stringContaining("bob ended unasked"),
  ]);
}, 60_000);

test("a promise that needs an order or a claim is not shown without it, and is no failure", async () => {
  const names = ["answers-a-request", "keeps-a-slow-request-in-progress"];
  const { code, promises } = await report(example, ...only(...names));
  expect(promises[1]).toMatchObject({
    state: "not shown",
    claimed: false,
    reason: "No order of this kind (--order slow=NAME: answers with the status ok, after 2 to 20 s).",
  });
  expect(code).toBe(0);
}, 60_000);

test("an order and a payload of the service's own are sent in place of those of the file", async () => {
  const responder = `${process.execPath} ${file("dist/cli.js")} respond --menu pay=paid --server`;
  const { stdout, code } = await jsrr([
    ...[
      "conformance",
      "--actor",
      `responder=sh -c 'exec ${responder} $NATS_URL'`,
      "--order",
      "ok=pay",
      "--payload",
      "7",
    ],
    ...["--quiet", ...only("answers-a-request")],
  ]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("1 kept, 0 broken, 0 not shown")]);
}, 60_000);

const requester = (path: string, words = "{order} {timeout} {id}") =>
  `requester=${process.execPath} ${file(path)} ${words}`;

test("an example of a requester keeps the promises of a lost PubAck, a killed server and its own crash", async () => {
  const names = ["survives-a-killed-server", "survives-a-lost-puback", "survives-its-own-crash"];
  const { code, promises } = await reportOf(requester("examples/requester-nats-v2.mjs"), ...only(...names));
  expect(promises.map(({ promise, state, reason }) => [promise, state, reason]).sort()).toEqual(
    names.map((name) => [name, "kept", undefined]),
  );
  expect(code).toBe(0);
}, 90_000);

test.each([
  ["writes-the-headers-of-a-request", /^The request order has Nats-Expected-Stream: absent\.$/],
  ["uses-an-id-of-its-own", /^Expected .* to be >= /],
  ["keeps-a-request-that-timed-out", /^Expected stream.REQUESTS.messages to be 1, but it was 0/],
])(
  "a requester that knows no promise breaks %s",
  async (name, reason) => {
    const { code, promises } = await reportOf(requester("test/fixtures/conformance/plain-requester.js"), ...only(name));
    expect([code, promises[0]?.state]).toEqual([1, "broken"]);
    expect(promises[0]?.reason).toMatch(reason);
  },
  60_000,
);

test("a promise that needs an argument of a requester is not shown without it", async () => {
  const names = ["receives-the-reply", "keeps-a-request-that-timed-out"];
  const { code, promises } = await reportOf(requester("examples/requester-nats-v2.mjs", ""), ...only(...names));
  expect([code, promises.map(({ state }) => state)]).toEqual([0, ["kept", "not shown"]]);
  expect(promises[1]?.reason).toBe("The command of --actor has no argument {timeout}.");
}, 60_000);

test("the badge is the JSON of an endpoint, or Markdown", async () => {
  const folder = mkdtempSync(join(tmpdir(), "badge-"));
  for (const name of ["badge.json", "badge.md"])
    await report(example, ...only("answers-a-request"), "--badge", join(folder, name));
  const label = "jsrr responder";
  expect(JSON.parse(readFileSync(join(folder, "badge.json"), "utf8"))).toEqual({
    ...{ schemaVersion: 1, label, message: "1 of 1 promises kept", color: "brightgreen" },
  });
  expect(readFileSync(join(folder, "badge.md"), "utf8")).toMatch(/^!\[jsrr responder: 1 of 1 promises kept\]\(https:/);
}, 60_000);

test.each([
  [["--actor", "responder=/nowhere/service"], 4, "there is no program /nowhere/service"],
  [["--actor", `responder=${process.execPath} -e 0`, ...only("answers-a-request")], 3, "ended before it was ready"],
  [["--actor", "bob=x"], 4, 'got "bob"'],
  [[], 4, "Expected one --actor"],
  [["--actor", "responder=x", "--only", "answer-a-request"], 4, "answers-a-request"],
  [["--actor", "responder=x", "--order", "quick=x"], 4, "Expected --order to be like slow=order-feast"],
])("%j ends with %i", async (words, exitCode, text) => {
  const { code, stderr } = await jsrr(["conformance", ...words, "--quiet"]);
  expect([code, stderr]).toEqual([exitCode, expect.stringContaining(text)]);
});
