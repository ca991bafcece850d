// Fault "bandwidth": a link that passes few bytes per second.
import { z } from "zod";
import { between, fault } from "./fault.js";
import { slowLink } from "./link.js";

/** The least size of a request with its headers and its PubAck. */
const leastBytes = 200;

export const bandwidth = fault({
  does: "Limits a link to `bytes_per_second` per connection and direction.",
  options: z.strictObject({ between, bytes_per_second: z.int("a whole number of bytes").min(1) }),
  needs: ["own-server"],
  inject(target, { between, bytes_per_second: bytesPerSecond }) {
    const leastMs = (leastBytes / bytesPerSecond) * 1000;
    return slowLink(target, between, { bytesPerSecond }, `lets ${bytesPerSecond} bytes/s pass`, leastMs);
  },
});
