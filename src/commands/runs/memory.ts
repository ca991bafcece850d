// Memory of a run: the events of a load of 100,000 requests, and no more garbage than half of them.
import { setFlagsFromString } from "node:v8";

/**
 * V8 lets the heap of a machine with much memory grow to several times of what is in use before it collects. A history stays in use to the
 * end, so that most of the peak is garbage: with a growth of 30 % the peak is half, for a tenth more CPU (docs/performance.md).
 */
export const limitGarbage = () => setFlagsFromString("--heap-growing-percent=30");
