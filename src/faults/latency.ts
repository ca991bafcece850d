// Fault "latency": a slow link.
import { z } from "zod";
import { between, duration, fault } from "./fault.js";
import { slowLink } from "./link.js";

export const latency = fault({
  does: "Delays data on a link by `delay` per direction, plus or minus `jitter`, in order.",
  options: z.strictObject({
    between,
    delay: duration.describe("The delay of one direction."),
    jitter: duration.prefault("0ms").describe("Evenly distributed; drawn from the run's seed."),
  }),
  needs: ["own-server"],
  inject(target, { between, delay, jitter }) {
    const what = `delays by ${delay} ms${jitter > 0 ? ` ± ${jitter} ms` : ""} what passes`;
    const leastMs = Math.max(1, 2 * (delay - jitter)); // there and back
    return slowLink(target, between, { latencyMs: delay, jitterMs: jitter }, what, leastMs);
  },
});
