// Request ids: unique, equally distributed, and without the constant step of the client's NUIDs.
import { expect, test } from "vitest";
import { newRequestId } from "../internal/protocol.js";

const many = Array.from({ length: 20_000 }, newRequestId);

test("request ids are 22 letters and digits, and none comes twice", () => {
  expect(many.filter((id) => !/^[0-9A-Za-z]{22}$/.test(id))).toEqual([]);
  expect(new Set(many).size).toBe(many.length);
});

test("each of the 62 characters is equally likely at each place", () => {
  for (let place = 0; place < 22; place++) {
    const counts = new Map<string, number>();
    for (const id of many) counts.set(id.charAt(place), (counts.get(id.charAt(place)) ?? 0) + 1);
    expect(counts.size).toBe(62);
    const expected = many.length / 62;
    // Chi-squared with 61 degrees of freedom: above 140 in one of ten million runs.
    const distance = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(distance).toBeLessThan(140);
  }
});

test("the difference of two successive ids says nothing about the next one", () => {
  const places = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const value = (id: string) => [...id].reduce((sum, one) => sum * 62n + BigInt(places.indexOf(one)), 0n);
  const steps = many.slice(1).map((id, i) => value(id) - value(many[i] as string));
  expect(new Set(steps).size).toBe(steps.length);
});
