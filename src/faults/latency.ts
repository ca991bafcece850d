// A slow link: everything takes longer, and arrives.

import { z } from "zod";
import { between, duration, fault } from "./fault.js";
import { slow } from "./link.js";

export const latency = fault({
  does: "Delays what passes a link by `delay` in each direction, give or take `jitter`, in order.",
  options: z.strictObject({
    between,
    delay: duration.describe("One way."),
    jitter: duration.prefault("0ms").describe("Evenly spread, from the run's seeded source of chance."),
  }),
  needs: ["own-server"],
  inject(target, { between, delay, jitter }) {
    const what = `delays by ${delay} ms${jitter > 0 ? ` ± ${jitter} ms` : ""} what passes`;
    const leastMs = Math.max(1, 2 * (delay - jitter)); // there and back
    return slow(target, between, { latencyMs: delay, jitterMs: jitter }, what, leastMs);
  },
});
