import { expect, test } from "vitest";
import { atLeast, compareVersions } from "../internal/protocol.js";

test("version numbers are compared as numbers", () => {
  const sorted = ["2.14.0", "2.9.10", "v2.11.0", "2.10.29", "2.14.0-RC.2", "2.14.0-RC.10", "3.0.0"].sort(
    compareVersions,
  );
  expect(sorted).toEqual(["2.9.10", "2.10.29", "v2.11.0", "2.14.0-RC.2", "2.14.0-RC.10", "2.14.0", "3.0.0"]);
});

test("a pre-release is sorted before its release, and has what its release has", () => {
  expect(atLeast("2.14.0", "2.14.0")).toBe(true);
  expect(atLeast("2.14.0-RC.1", "2.14.0")).toBe(true);
  expect(atLeast("2.14.0-RC.1", "2.14.0-RC.2")).toBe(false);
  expect(atLeast("2.14.0", "2.14.0-RC.2")).toBe(true);
  expect(atLeast("2.14.0-RC.1", "2.13.9")).toBe(true);
});

test("a text that is not a version is refused", () => {
  expect(() => atLeast("latest", "2.11.0")).toThrow('Expected a version like "2.14.0", got "latest"');
});
