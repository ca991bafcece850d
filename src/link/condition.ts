// What may be wrong with a link, and several such things at once as one.

/** All of it is optional; what is absent is as it should be. */
export interface Condition {
  /** One way, milliseconds. */
  latencyMs?: number;
  /** Added to or taken off the latency, evenly spread, milliseconds. */
  jitterMs?: number;
  /** In each direction of each connection. */
  bytesPerSecond?: number;
  /** Nothing passes, and nobody is told: connections stay open, and what was sent is kept until the condition is gone. */
  blackHole?: true;
  /** Connections are closed, and new ones refused. */
  cut?: true;
}

export type Weather = Required<Pick<Condition, "latencyMs" | "jitterMs" | "bytesPerSecond">> & {
  blackHole: boolean;
  cut: boolean;
};

/** Delays add up, and the narrowest bandwidth counts. */
export function combine(conditions: Iterable<Condition>): Weather {
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
