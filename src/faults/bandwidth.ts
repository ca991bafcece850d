// A narrow link: the more is sent, the longer it takes.

import { z } from "zod";
import { between, fault } from "./fault.js";
import { slow } from "./link.js";

/** What a request, its headers and its confirmation put on the wire at the least. */
const leastBytes = 200;

export const bandwidth = fault({
  does: "Limits a link to `bytes_per_second` per connection and direction.",
  options: z.strictObject({ between, bytes_per_second: z.int("a whole number of bytes").min(1) }),
  needs: ["own-server"],
  inject(target, { between, bytes_per_second: bytesPerSecond }) {
    const leastMs = (leastBytes / bytesPerSecond) * 1000;
    return slow(target, between, { bytesPerSecond }, `lets ${bytesPerSecond} bytes/s pass`, leastMs);
  },
});
