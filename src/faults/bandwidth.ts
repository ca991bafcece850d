// A narrow link: the more is sent, the longer it takes.
import { z } from "zod";
import { anyOf, brokenConnection, noticeableMs, waited } from "./evidence.js";
import { fault } from "./fault.js";
import { spoil } from "./link-fault.js";
import { between } from "./options.js";

export const bandwidth = fault({
  does: "Narrows a link to `bytes_per_second` in each direction of each connection.",
  options: z.strictObject({ between, bytes_per_second: z.int("a whole number of bytes").min(1) }),
  needs: ["own-server"],
  inject(target, { between, bytes_per_second: bytesPerSecond }) {
    const bit = anyOf(waited(noticeableMs), brokenConnection);
    return spoil(target, between, { bytesPerSecond }, `lets ${bytesPerSecond} bytes/s pass`, bit);
  },
});
