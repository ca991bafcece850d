// Whether a run's seed is worth telling.
import { expect, test } from "vitest";
import { type HistoryEvent, wasRandom } from "../internal/history.js";

const load = { type: "load-started", as: "jobs", count: 2 };
const asked = (as: string, subject: string) => ({ type: "requested", request: subject, as, subject });
const random = (...events: object[]) => wasRandom(events as HistoryEvent[]);

test("a load of several orders is random, and a load of one order is not", () => {
  expect(random(load, asked("jobs", "requests.a"), asked("jobs", "requests.b"))).toBe(true);
  expect(random(load, asked("jobs", "requests.a"), asked("jobs", "requests.a"))).toBe(false);
});

test("requests outside a load are not random", () => {
  expect(random(asked("jobs", "requests.a"), asked("jobs", "requests.b"))).toBe(false);
  expect(random(load, asked("other", "requests.a"), asked("jobs", "requests.b"))).toBe(false);
});
