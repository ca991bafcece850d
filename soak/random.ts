// Random numbers of one schedule: the same seed draws the same numbers on every machine.
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

export interface Random {
  /** A whole number, both bounds included. */
  between(least: number, most: number): number;
  /** True in so many of 100 draws. */
  chance(percent: number): boolean;
  oneOf<T>(list: readonly T[]): T;
  /** One of the keys; each is as likely as its number says. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T;
}

export function randomOf(seed: number): Random {
  const generator = xoroshiro128plus(seed);
  const between = (least: number, most: number) => uniformInt(generator, least, most);
  return {
    between,
    chance: (percent) => between(1, 100) <= percent,
    oneOf: (list) => {
      if (list.length === 0) throw new Error("Expected a list to draw from, got an empty one.");
      return list[between(0, list.length - 1)] as (typeof list)[number];
    },
    weighted: (weights) => {
      const entries = Object.entries(weights) as [keyof typeof weights, number][];
      let left = between(
        1,
        entries.reduce((sum, [, weight]) => sum + weight, 0),
      );
      for (const [key, weight] of entries) {
        left -= weight;
        if (left <= 0) return key;
      }
      throw new Error("Expected weights above 0.");
    },
  };
}
