// Garbage limit: keeps the heap of a run near what is in use.
import { setFlagsFromString } from "node:v8";

/**
 * V8 lets the heap of a machine with much memory grow to several times of what is in use before it collects. A history stays in use to the
 * end, so that most of the peak would be garbage (docs/performance.md).
 */
export const limitGarbage = () => setFlagsFromString("--heap-growing-percent=30");
