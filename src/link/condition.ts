// The condition of a link: delay, bandwidth, blocked or cut, and several conditions combined.

/** Without a key, the link is sound in that respect. */
export interface Condition {
  /** One way, milliseconds. */
  latencyMs?: number;
  /** Added to or subtracted from the latency, evenly spread, milliseconds. */
  jitterMs?: number;
  /** In each direction of each connection. */
  bytesPerSecond?: number;
  /** Nothing passes, unnoticed: connections stay open, and the bytes are kept until the condition is gone. */
  blackHole?: true;
  /** Connections are closed, and new ones refused. */
  cut?: true;
}

export type LinkState = Required<Pick<Condition, "latencyMs" | "jitterMs" | "bytesPerSecond">> & {
  blackHole: boolean;
  cut: boolean;
};

/** Delays add up, and the narrowest bandwidth counts. */
export function combine(conditions: Iterable<Condition>): LinkState {
  const all = [...conditions];
  return {
    latencyMs: sum(all.map((one) => one.latencyMs)),
    jitterMs: sum(all.map((one) => one.jitterMs)),
    bytesPerSecond: Math.min(...all.map((one) => one.bytesPerSecond ?? Number.POSITIVE_INFINITY)),
    blackHole: all.some((one) => one.blackHole),
    cut: all.some((one) => one.cut),
  };
}

const sum = (numbers: (number | undefined)[]) => numbers.reduce<number>((total, n) => total + (n ?? 0), 0);
