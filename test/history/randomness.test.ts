// Whether a run's seed is worth telling.
import { expect, test } from "vitest";
import { type HistoryEvent, wasRandom } from "../internal/history.js";

const load = { type: "load-started", as: "jobs", count: 2 };
const asked = (as: string, subject: string) => ({ type: "requested", request: subject, as, subject });
const random = (...events: object[]) => wasRandom(events as HistoryEvent[]);

test("a load of several orders was drawn; of one order, there was nothing to draw", () => {
  expect(random(load, asked("jobs", "requests.a"), asked("jobs", "requests.b"))).toBe(true);
  expect(random(load, asked("jobs", "requests.a"), asked("jobs", "requests.a"))).toBe(false);
});

test("requests that are no load are what the file says", () => {
  expect(random(asked("jobs", "requests.a"), asked("jobs", "requests.b"))).toBe(false);
  expect(random(load, asked("other", "requests.a"), asked("jobs", "requests.b"))).toBe(false);
});
