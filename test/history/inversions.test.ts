// The fast count of inversions is that of comparing each pair.
import fc from "fast-check";
import { expect, test } from "vitest";
import { inversions } from "../internal/history.js";

const slowly = (list: number[]) => list.flatMap((a, i) => list.slice(i + 1).filter((b) => b < a)).length;

test("counts as many inversions as comparing each pair", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 12 }), (list) => {
      const before = [...list];
      const { pairs, overtaken } = inversions(list, (n) => n);
      expect(pairs).toBe(slowly(list));
      expect(overtaken.length === 0).toBe(pairs === 0);
      expect(list).toEqual(before);
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("lists the members that a greater one overtook", () => {
  expect(inversions([1, 5, 2, 3, 6], (n) => n)).toEqual({ pairs: 2, overtaken: [2, 3] });
});
