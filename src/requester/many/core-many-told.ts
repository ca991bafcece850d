// Core request-many, told in events: each answer is a part, because none is the last one, and then what ended them.
import { type NatsConnection, nuid } from "@nats-io/nats-core";
import type { Observe, RequesterEvent } from "../../history/event.js";
import { asPubAck, type CoreRequest, gaveUp, whatWentWrong } from "../core-request.js";
import { type CoreManyOptions, requestMany } from "./core-many.js";

/** Resolves when nothing more is waited for. Where nobody answered in time it has `timed-out`. */
export async function coreRequestMany(
  nc: NatsConnection,
  { subject, payload, timeoutMs, as }: CoreRequest,
  limits: Omit<CoreManyOptions, "timeoutMs">,
  observe: Observe<RequesterEvent>,
): Promise<void> {
  const request = nuid.next();
  observe({ type: "requested", request, subject, strategy: "core", timeoutMs, ...(as ? { as } : {}) });
  const sentAt = performance.now();
  const afterMs = () => Math.round(performance.now() - sentAt);
  const answers = requestMany(nc, subject, payload, { ...limits, timeoutMs });
  let [parts, captured] = [0, false];
  try {
    for (;;) {
      const { done, value } = await answers.next();
      if (done) {
        if (parts > 0 || value === "sentinel") observe({ type: "replies-ended", request, parts, by: value });
        else if (!captured) observe(gaveUp(request, afterMs()));
        return;
      }
      const place = asPubAck(value.text);
      if (place) {
        captured = true;
        observe({ type: "puback-received", request, ...place });
      } else observe({ type: "part-received", request, part: ++parts, payload: value.text });
    }
  } catch (error) {
    observe(whatWentWrong(request, subject, afterMs(), error));
  }
}
