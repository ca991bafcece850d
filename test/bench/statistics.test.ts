import { expect, test } from "vitest";
import { median, medianOfKnown, medianRatio } from "../../bench/statistics.js";

test("the median is the middle one, or the mean of the two in the middle", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([10, 9, 100])).toBe(10);
  expect(() => median([])).toThrow("at least one value");
});

test("an unknown value is left out of a median", () => {
  expect(medianOfKnown([undefined, 2, 4])).toBe(3);
  expect(medianOfKnown([undefined])).toBeUndefined();
});

test("a ratio is computed within its round, so a slow round does not move it", () => {
  const baseline = [100, 10, 100];
  expect(medianRatio([200, 20, 200], baseline)).toBe(2);
  expect(() => medianRatio([1], baseline)).toThrow("got 1 and 3");
});
