// Core request-many with several real responders: what ends it, and what is told when nobody is there.
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { afterAll, expect, test } from "vitest";
import { InvalidInputError, NoRespondersError } from "../../src/index.js";
import { type CoreManyEnd, type CoreManyOptions, requestMany } from "../internal/runner.js";
import { startTestServer } from "../support/server.js";

const server = await startTestServer({ args: ["--jetstream=false"] });
afterAll(() => server[Symbol.asyncDispose]());
const nc = await server.connect();

async function responders(subject: string, ...answers: string[][]): Promise<NatsConnection[]> {
  const kitchens = await Promise.all(answers.map(() => server.connect()));
  for (const [n, kitchen] of kitchens.entries()) {
    kitchen.subscribe(subject, {
      callback: (_, msg) => {
        for (const answer of answers[n] ?? []) msg.respond(answer);
      },
    });
    await kitchen.flush();
  }
  return kitchens;
}

async function ask(subject: string, options: CoreManyOptions, end?: CoreManyEnd): Promise<string[]> {
  const heard: string[] = [];
  const answers = requestMany(nc, subject, "joe", options);
  for (;;) {
    const { done, value } = await answers.next();
    if (!done) heard.push(value.text);
    else if (end) expect(value).toBe(end);
    if (done) return heard;
  }
}
const long = 20_000;

test("a core request for several replies ends at the maximum", async () => {
  await responders("count", ["bob"], ["carol"], ["dave"]);
  expect((await ask("count", { maximum: 3, timeoutMs: long }, "maximum")).sort()).toEqual(["bob", "carol", "dave"]);
  expect(await ask("count", { maximum: 1, timeoutMs: long })).toHaveLength(1);
});

test("a core request for several replies ends at its total time with fewer replies than the maximum", async () => {
  await responders("time", ["bob"], ["carol"]);
  expect((await ask("time", { maximum: 3, timeoutMs: 300 }, "timeout")).sort()).toEqual(["bob", "carol"]);
});

test("a core request for several replies ends at a stall before its total time", async () => {
  await responders("stall", ["bob 1", "bob 2"], ["carol"]);
  const heard = await ask("stall", { stallMs: 100, timeoutMs: long }, "stall");
  expect(heard.sort()).toEqual(["bob 1", "bob 2", "carol"]);
});

test("a stall is not measured before the first reply", async () => {
  const [bob] = await responders("late", []);
  const stallMs = 50;
  bob?.subscribe("late", { callback: (_, msg) => void setTimeout(() => msg.respond("at last"), 4 * stallMs) });
  await bob?.flush();
  expect(await ask("late", { stallMs, timeoutMs: long })).toEqual(["at last"]);
});

test.each([
  ["an empty answer", "", ""],
  ["what the caller says", "EOF", "EOF"],
] as const)("an end mark (%s) ends the replies and is not a reply", async (name, sentinel, mark) => {
  const subject = `end.${name.length}`;
  await responders(subject, ["1", "2", mark, "3"]);
  expect(await ask(subject, { sentinel, timeoutMs: long }, "sentinel")).toEqual(["1", "2"]);
});

test("a loop that breaks off does not wait for further replies", async () => {
  await responders("early", ["1", "2", "3"]);
  for await (const { text, status } of requestMany(nc, "early", "", { timeoutMs: long })) {
    expect({ text, status }).toEqual({ text: "1", status: "ok" });
    break;
  }
});

test("a reply with a service error has its status", async () => {
  const [bob] = await responders("error", []);
  bob?.subscribe("error", {
    callback: (_, msg) => {
      const h = headers();
      h.set("Nats-Service-Error", "sold out");
      h.set("Nats-Service-Error-Code", "500");
      msg.respond("sold out", { headers: h });
    },
  });
  await bob?.flush();
  for await (const reply of requestMany(nc, "error", "", { maximum: 1, timeoutMs: long })) {
    expect(reply).toMatchObject({ status: "error", text: "sold out" });
  }
});

test("no responders and an invalid request are reported at once", async () => {
  await expect(ask("nobody", { timeoutMs: long })).rejects.toThrow(NoRespondersError);
  await expect(ask("", { timeoutMs: long })).rejects.toThrow(InvalidInputError);
  await expect(ask("count", { maximum: 0, timeoutMs: long })).rejects.toThrow(InvalidInputError);
  await expect(ask("count", { timeoutMs: -1 })).rejects.toThrow(InvalidInputError);
});

test.each(["", "a b", "a.*", "services.>", ".a", "a..b", "a\r\nPUB b 0\r\n\r\n", 5 as unknown as string])(
  "the subject %j is refused in one line",
  async (subject) => {
    const asked = requestMany(nc, subject, "", { timeoutMs: long }).next();
    await expect(asked).rejects.toThrow(/^Expected a subject such as services\.tea \(.*\), got ".*"\.$/);
    await expect(requestMany(nc, subject, "", { timeoutMs: long }).next()).rejects.toThrow(InvalidInputError);
  },
);
