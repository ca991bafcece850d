// NestJS dialect: the transport `@horizon-republic/nestjs-jetstream`. Payloads are JSON. Replies arrive at one inbox of the client,
// each with its correlation id. Version 1 and the later ones have different header names.
import { correlated } from "./correlated.js";
import type { Dialect } from "./dialect.js";

/**
 * Version 2. Headers: the enumeration `JetstreamHeader` in its API reference; what a reply carries: `RpcRouter` (JetStream
 * mode) and `CoreRpcServer` (core mode, the default, known by `x-caller-name`).
 */
export const nestjs: Dialect = correlated({
  name: "nestjs-jetstream",
  replyTo: "x-reply-to",
  correlationId: "x-correlation-id",
  coreRequest: "x-caller-name",
  failure: { "x-error": "true" },
  payload: (status, answer) =>
    status !== "ok" && typeof answer === "string" ? JSON.stringify({ message: answer }) : asJson(answer),
});

/**
 * Version 1 (seen on the wire with 1.0.6). It has no word for failure: its client takes every JSON reply for success, and fails only on
 * a reply that it cannot decode. So a failure is sent as text that is not JSON.
 */
export const nestjs1: Dialect = correlated({
  name: "nestjs-jetstream-1",
  replyTo: "reply-to",
  correlationId: "correlation-id",
  payload: (status, answer) =>
    status !== "ok" && typeof answer === "string" ? `${status}: ${answer}` : asJson(answer),
});

/** Text that is JSON already is the handler's own; any other becomes a JSON string. */
function asJson(answer: string | Uint8Array): string | Uint8Array {
  if (typeof answer !== "string") return answer;
  try {
    JSON.parse(answer);
    return answer;
  } catch {
    return JSON.stringify(answer);
  }
}
