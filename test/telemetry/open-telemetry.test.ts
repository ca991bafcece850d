// OpenTelemetry on a real server, with the real SDK: spans and their links across processes, and metrics.
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  cancel,
  collect,
  formatHandle,
  locate,
  parseHandle,
  RequestTimeoutError,
  RetryLaterError,
} from "../../src/index.js";
import { openTelemetry } from "../../src/telemetry/index.js";
import { gate, type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { measured, spans } from "./sdk.js";
import { type RecordedSpan, traceSvg } from "./trace-svg.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());
beforeEach(() => spans.reset());

const telemetry = openTelemetry();
const quick = { timeoutMs: 20_000 };
const finished = () => spans.getFinishedSpans();
const named = (name: string) => finished().filter((span) => span.name === name);
const only = async (name: string): Promise<ReadableSpan> => {
  await expect.poll(() => named(name).length, soon).toBe(1);
  return named(name)[0] as ReadableSpan;
};
/** A counter grows from test to test. */
async function growth(act: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await measured();
  await act();
  const after = await measured();
  const grown = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, value]) => value > 0));
}

test("a request has spans for the call, the publish, the handler and the reply, and they are linked", async () => {
  await using w = await harnesses.next();
  await w.responder({
    telemetry,
    handlers: {
      "order-tea": async (request) => {
        await Promise.resolve();
        return trace.getTracer("shop").startActiveSpan("brew", (span) => {
          span.end();
          return request.text;
        });
      },
    },
  });
  const alice = await w.requester({ telemetry });
  const reply = await trace.getTracer("shop").startActiveSpan("checkout", async (span) => {
    const got = await alice.request("order-tea", "green", quick);
    span.end();
    return got;
  });
  const call = await only("request requests.order-tea");
  const process = await only("process requests.order-tea");
  const [send, replied, checkout, brew] = (await Promise.all(
    ["send requests.order-tea", "reply requests.order-tea", "checkout", "brew"].map(only),
  )) as [ReadableSpan, ReadableSpan, ReadableSpan, ReadableSpan];

  expect([call.kind, send.kind, process.kind, replied.kind]).toEqual([
    ...[SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER, SpanKind.PRODUCER],
  ]);
  expect(call.parentSpanContext?.spanId).toBe(checkout.spanContext().spanId);
  expect(send.parentSpanContext?.spanId).toBe(call.spanContext().spanId);
  expect(process.parentSpanContext).toBeUndefined();
  expect(process.links.map(({ context }) => context.spanId)).toEqual([send.spanContext().spanId]);
  expect(process.links[0]?.context.traceId).toBe(checkout.spanContext().traceId);
  expect(brew.parentSpanContext?.spanId).toBe(process.spanContext().spanId);
  expect(replied.parentSpanContext?.spanId).toBe(process.spanContext().spanId);
  expect(call.links.map(({ context }) => context.spanId)).toEqual([replied.spanContext().spanId]);
  expect(reply.headers.get("traceparent")).toContain(replied.spanContext().spanId);

  const id = send.attributes["messaging.message.id"];
  expect(send.attributes).toMatchObject({
    ...{ "messaging.system": "nats", "messaging.operation.name": "send", "messaging.operation.type": "send" },
    ...{ "messaging.destination.name": "requests.order-tea", "messaging.client.id": "alice" },
  });
  expect(process.attributes).toMatchObject({
    ...{ "messaging.operation.type": "process", "messaging.message.id": id, "messaging.client.id": "bob" },
    ...{ "messaging.consumer.group.name": "responder", "jsrr.status": "ok", "jsrr.delivery": 1 },
  });
  expect(replied.attributes).toMatchObject({ "messaging.destination.name": `replies.alice.${id}` });
  expect(finished().map(({ status }) => status.code)).toEqual(finished().map(() => SpanStatusCode.UNSET));
});

test("a request of another process that waited for an offline responder links to its requester", async () => {
  await using w = await harnesses.next();
  const requester = fileURLToPath(new URL("../fixtures/traced-requester.js", import.meta.url));
  const env = { ...process.env, NATS_URL: harnesses.server.url };
  const { stdout } = await promisify(execFile)(process.execPath, [requester, w.user, "order-tea"], { env });
  const { handle, spans: sent } = JSON.parse(stdout) as { handle: string; spans: RecordedSpan[] };
  const send = sent.find(({ name }) => name === "send requests.order-tea");
  const checkout = sent.find(({ name }) => name === "checkout");
  expect(sent.map(({ name }) => name)).toEqual(["send requests.order-tea", "checkout"]);
  expect(send?.parent?.spanId).toBe(checkout?.context.spanId);

  // The process is gone. Nothing but the stream knows the trace now.
  const queued = await growth(async () => {
    await w.responder({ telemetry, handlers: { "order-tea": (request) => `tea for ${request.text}` } });
    expect((await collect(w.nc, parseHandle(handle), quick))?.text).toBe("tea for alice");
    await only("process requests.order-tea");
  });
  const consumed = await only("process requests.order-tea");
  expect(consumed.links.map(({ context }) => context)).toMatchObject([
    { traceId: send?.context.traceId, spanId: send?.context.spanId },
  ]);
  expect(consumed.spanContext().traceId).not.toBe(send?.context.traceId);
  expect(Number(consumed.attributes["jsrr.queued_ms"])).toBeGreaterThan(0);
  expect(queued).toMatchObject({ "jsrr.queue.duration": 1, "messaging.process.duration": 1, "jsrr.replies": 1 });

  const picture = traceSvg([...sent, ...finished().map(asRecorded)]);
  expect(picture).toContain("process requests.order-tea");
  const file = fileURLToPath(new URL("../../docs/pictures/trace-offline-responder.svg", import.meta.url));
  if (process.env.UPDATE_DOCS) writeFileSync(file, picture);
  expect(readFileSync(file, "utf8").match(/<text[^>]*>[a-z]+ [a-z.-]+/g)).toEqual(
    picture.match(/<text[^>]*>[a-z]+ [a-z.-]+/g),
  );
});

const asRecorded = (span: ReadableSpan): RecordedSpan => ({
  ...{ name: span.name, kind: span.kind, startTime: span.startTime, endTime: span.endTime },
  ...{ context: span.spanContext(), parent: span.parentSpanContext, links: span.links },
});

test("a traceparent of the caller travels as it is, and the delivery links to it", async () => {
  await using w = await harnesses.next();
  await w.responder({ telemetry, handlers: { "order-tea": (request) => request.headers.get("traceparent") } });
  const alice = await w.requester({ telemetry });
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const reply = await alice.request("order-tea", "", { ...quick, headers: { traceparent } });
  expect(reply.text).toBe(traceparent);
  expect((await only("process requests.order-tea")).links[0]?.context.spanId).toBe("b7ad6b7169203331");
});

test("a failed handler, a redelivery and a dead letter show in spans and metrics", async () => {
  await using w = await harnesses.next({ maxDeliver: 2 });
  const later = () => {
    throw new RetryLaterError("not now", { delayMs: 1 });
  };
  const fails = () => {
    throw new Error("sold out");
  };
  const grown = await growth(async () => {
    await w.responder({ telemetry, handlers: { later, fails } });
    const alice = await w.requester({ telemetry, ...quick });
    expect((await alice.request("fails")).status).toBe("error");
    expect((await alice.request("later")).status).toBe("dead-lettered");
    expect((await alice.request("none")).status).toBe("rejected");
    await expect.poll(() => named("process requests.later").length, soon).toBe(2);
  });
  expect(grown).toMatchObject({
    ...{ "messaging.client.sent.messages": 3, "messaging.client.consumed.messages": 4, "jsrr.redeliveries": 1 },
    ...{ "jsrr.dead_letters": 1, "jsrr.replies": 3, "jsrr.request.duration": 3, "messaging.process.duration": 3 },
    "jsrr.queue.duration": 3,
  });
  const failed = await only("process requests.fails");
  expect([failed.status.code, failed.attributes["error.type"]]).toEqual([SpanStatusCode.ERROR, "error"]);
  const [first, second] = named("process requests.later");
  expect([first?.attributes["error.type"], second?.attributes["error.type"]]).toEqual(["retry-later", "retry-later"]);
  expect(second?.events.map(({ name }) => name)).toEqual(["dead-lettered"]);
  expect(first?.links[0]?.context.spanId).toBe(second?.links[0]?.context.spanId);
  const call = await only("request requests.fails");
  expect([call.status, call.attributes["jsrr.status"]]).toEqual([
    { code: SpanStatusCode.ERROR, message: "sold out" },
    "error",
  ]);
});

test("a time-out, a late reply, a late execution and an orphaned reply are counted", async () => {
  await using w = await harnesses.next();
  const free = gate();
  const grown = await growth(async () => {
    await w.responder({ telemetry, handlers: { slow: () => free.opened.then(() => "late") } });
    const alice = await w.requester({ telemetry });
    const options = { timeoutMs: 150, onTimeout: "expire" } as const;
    const error = await alice.request("slow", "", options).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(RequestTimeoutError);
    free.open();
    await w.saw("received", ({ late }) => late);
    const other = await w.requester({ name: "alice" }); // of the same name: its reply is an orphan for the first
    await other.request("slow", "", quick);
    await w.saw("orphaned-reply");
    await expect.poll(() => named("process requests.slow").length, soon).toBe(2);
  });
  expect(grown).toMatchObject({ "jsrr.replies.late": 1, "jsrr.replies.orphaned": 1, "jsrr.executions.late": 1 });
  const call = await only("request requests.slow");
  expect([call.status.code, call.attributes["error.type"]]).toEqual([SpanStatusCode.ERROR, "timeout"]);
});

test("collect, cancel and locate have spans in the caller's trace, and the reply that was collected is linked", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ telemetry });
  const handle = await alice.send("order-tea", "green");
  await trace.getTracer("shop").startActiveSpan("look", async (span) => {
    expect(await alice.locate(handle)).toMatchObject({ where: "queued" });
    expect(await collect(w.nc, formatHandle(handle), { telemetry })).toBeUndefined();
    span.end();
  });
  await w.responder({ telemetry, handlers: { "order-tea": ({ text }) => text } });
  expect(await alice.collect(handle, quick)).toMatchObject({ text: "green" });
  expect(await cancel(w.nc, handle, { telemetry })).toMatchObject({ outcome: "already-answered" });
  expect(await locate(w.nc, { requester: "alice", id: handle.request }, { telemetry })).toMatchObject({
    where: "replied",
  });

  const [look, replied] = [await only("look"), await only("reply requests.order-tea")];
  const [early, later] = named("collect REPLIES");
  const [before, after] = named("locate REQUESTS");
  const cancelled = await only("cancel REQUESTS");
  for (const span of [before, early]) expect(span?.parentSpanContext?.spanId).toBe(look.spanContext().spanId);
  expect(early).toMatchObject({ kind: SpanKind.CLIENT, links: [], status: { code: SpanStatusCode.UNSET } });
  expect(early?.attributes["jsrr.status"]).toBeUndefined();
  for (const span of [later, cancelled, after]) {
    expect(span?.links.map(({ context }) => context.spanId)).toEqual([replied.spanContext().spanId]);
    expect(span?.attributes["jsrr.status"]).toBe("ok");
  }
  expect(later?.attributes).toMatchObject({
    ...{ "messaging.system": "nats", "messaging.operation.name": "collect", "messaging.operation.type": "receive" },
    ...{ "messaging.destination.name": "REPLIES", "messaging.message.id": handle.request },
    "messaging.client.id": "alice",
  });
  expect(cancelled.attributes).toMatchObject({
    ...{ "messaging.operation.type": "settle", "jsrr.outcome": "already-answered" },
  });
  expect([before, after].map((span) => span?.attributes["jsrr.where"])).toEqual(["queued", "replied"]);
});

test("a call about an earlier request that fails ends its span with the code of the error", async () => {
  await using w = await harnesses.next(false);
  const handle = parseHandle("alice.1.REQUESTS.1");
  for (const call of [locate(w.nc, handle, { telemetry }), collect(w.nc, handle, { telemetry })]) {
    await expect(call).rejects.toThrow();
  }
  for (const name of ["locate REQUESTS", "collect REPLIES"]) {
    const { status, attributes } = await only(name);
    expect([status.code, attributes["error.type"]]).toEqual([SpanStatusCode.ERROR, "not-set-up"]);
  }
});

test("spans that nothing ends are ended when requester and responder close", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ telemetry, ...quick });
  const open = alice.request("order-tea").catch(() => "closed");
  await w.saw("stored");
  await alice.close();
  expect(await open).toBe("closed");
  expect((await only("request requests.order-tea")).attributes["error.type"]).toBe("closed");
});

test("a sent request that no stream takes ends its span with an error", async () => {
  await using w = await harnesses.next(false);
  const alice = await w.requester({ telemetry, sendOnly: true });
  await expect(alice.send("order-tea", "", { timeoutMs: 1_500 })).rejects.toThrow();
  const send = await only("send requests.order-tea");
  expect(send.attributes["error.type"]).toBe("request-failed");
});
