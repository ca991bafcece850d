// A slow link: everything takes longer, and arrives.
import { z } from "zod";
import { anyOf, brokenConnection, waited } from "./evidence.js";
import { fault } from "./fault.js";
import { spoil } from "./link-fault.js";
import { between, duration } from "./options.js";

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
    // A confirmation travels there and back; an event's time may be seen at either end, so one way is the least.
    const bit = anyOf(waited(Math.max(1, delay - jitter)), brokenConnection);
    return spoil(target, between, { latencyMs: delay, jitterMs: jitter }, what, bit);
  },
});
