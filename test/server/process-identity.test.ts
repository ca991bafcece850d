import { describe, expect, test } from "vitest";
import { startFromProc, startFromPs, startOf } from "../internal/server.js";
import { idler } from "./processes.js";

describe("the start of a process", () => {
  test("is the same at a second reading, and undefined once it ended", async () => {
    const child = await idler();
    const started = startOf(child.pid);
    expect(started).toBeDefined();
    expect(startOf(child.pid)).toBe(started);
    await child[Symbol.asyncDispose]();
    expect(startOf(child.pid)).toBeUndefined();
  });

  test("is read from ps if there is no /proc", async () => {
    expect(startFromPs(process.pid)).toMatch(/^\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}$/);
    expect(startFromPs(4_194_305)).toBeUndefined();
    expect(startFromProc(4_194_305)).toBeUndefined();
  });
});
