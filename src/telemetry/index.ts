// Entry point `jetstream-request-reply-kit/opentelemetry`: traces and metrics by `@opentelemetry/api`.
import type { Telemetry } from "../protocol/telemetry.js";
import { handleSpan } from "./handle-spans.js";
import { RequesterSpans } from "./requester-spans.js";
import { ResponderSpans } from "./responder-spans.js";

export type { Telemetry } from "../protocol/telemetry.js";

/**
 * The option `telemetry` of `Requester.open`, `Responder.start`, `collect`, `cancel` and `locate`: spans, context in the headers of requests and replies, and
 * metrics. Everything goes to the SDK that the process has registered; register it before. Without an SDK nothing is recorded.
 *
 * @example
 * const telemetry = openTelemetry();
 * const requester = await Requester.open(nc, { name: "alice", telemetry });
 * const responder = await Responder.start(nc, { handlers, telemetry });
 */
export const openTelemetry = (): Telemetry => ({
  requester: (name) => new RequesterSpans(name),
  responder: (name, consumer) => new ResponderSpans(name, consumer),
  traced: handleSpan,
});
