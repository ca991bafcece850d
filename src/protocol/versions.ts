// Compares nats-server versions: `2.14.0`, `v2.14.0` or `2.15.0-RC.1`. Pure.

const shape = /^v?(\d+)\.(\d+)\.(\d+)(?:-([\w.-]+))?/;

/** Negative when `a` is older than `b`, 0 when they are equal. A pre-release is older than its release. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)];
  for (const part of [0, 1, 2] as const) {
    const difference = left.numbers[part] - right.numbers[part];
    if (difference !== 0) return difference;
  }
  if (left.pre === right.pre) return 0;
  if (left.pre === undefined) return 1;
  if (right.pre === undefined) return -1;
  return left.pre.localeCompare(right.pre, "en", { numeric: true });
}

/**
 * Whether a server is new enough. Here a pre-release counts as its release (`2.14.0-RC.1` has what 2.14.0 has), unless the minimum
 * is a pre-release itself.
 */
export function atLeast(version: string, minimum: string): boolean {
  const [have, least] = [parse(version), parse(minimum)];
  if (least.pre !== undefined) return compareVersions(version, minimum) >= 0;
  return compareVersions(have.numbers.join("."), minimum) >= 0;
}

/** False for a text that is no version. */
export const isVersion = (text: string) => shape.test(text.trim());

function parse(version: string): { numbers: [number, number, number]; pre: string | undefined } {
  const match = shape.exec(version.trim());
  if (!match) throw new TypeError(`Expected a version like "2.14.0", got "${version}"`);
  return { numbers: [Number(match[1]), Number(match[2]), Number(match[3])], pre: match[4] };
}
