// Keeps a fixed number of requests in flight, and takes the time of each.
import hdr from "hdr-histogram-js";
import type { Client } from "./rows/row.js";

export interface LoadOptions {
  requests: number;
  inFlight: number;
  /** Of each request; a reply has 128. */
  payloadBytes: number;
}

/** Percentiles in microseconds. */
export interface Load {
  seconds: number;
  p50: number;
  p99: number;
  p999: number;
}

export const payloadOf = (bytes: number) => new Uint8Array(bytes).fill(0x78);

/** The histogram counts tenths of a microsecond, as whole numbers up to a minute. */
const unitsPerMs = 10_000;
const resolution = { lowestDiscernibleValue: 1, highestTrackableValue: 600_000_000 } as const;

export async function keepInFlight(client: Client, { requests, inFlight, payloadBytes }: LoadOptions): Promise<Load> {
  const histogram = hdr.build({ ...resolution, numberOfSignificantValueDigits: 3 });
  const payload = payloadOf(payloadBytes);
  let left = requests;
  const one = async () => {
    while (left-- > 0) {
      const sentAt = performance.now();
      await client.request(payload);
      histogram.recordValue(Math.round((performance.now() - sentAt) * unitsPerMs));
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: inFlight }, one));
  const seconds = (performance.now() - startedAt) / 1000;
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 10;
  return { seconds, p50: at(50), p99: at(99), p999: at(99.9) };
}
