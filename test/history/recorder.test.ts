// What is recorded is in the file at once, also when its actor is killed; and reads back as one history.
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ActorFile, merge, openRecorder, readHistory } from "../internal/history.js";
import { acked, by, executed, history, requested, stored } from "../support/history.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "history-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the recorder", () => {
  test("stamps an event, appends it before it returns, and then emits it", () => {
    const file = join(folder, "alice.ndjson");
    const linesWhenTold: number[] = [];
    const recorder = openRecorder(file, "alice", () => {
      linesWhenTold.push(readFileSync(file, "utf8").split("\n").length - 1);
    });
    const first = recorder.record(requested("r1", "lunch 🥪"));
    const second = recorder.record(stored("r1"));
    recorder.close();
    expect(first).toMatchObject({ n: 1, actor: "alice", type: "requested" });
    expect(second.n).toBe(2);
    expect(second.t).toBeGreaterThanOrEqual(first.t);
    expect(linesWhenTold).toEqual([1, 2]);
    expect(readHistory(folder)).toEqual([first, second]);
  });

  test("names the event that came after its close", () => {
    const recorder = openRecorder(join(folder, "a.ndjson"), "a");
    recorder.close();
    recorder.close();
    expect(() => recorder.record(acked("r1"))).toThrow(/"acked" in .*a\.ndjson: the recorder is closed/);
  });

  test.runIf(existsSync("/dev/full"))("reports a full disk, and writes nothing after it", () => {
    const recorder = openRecorder("/dev/full", "alice");
    expect(() => recorder.record(acked("r1"))).toThrow("the disk is full (ENOSPC)");
    expect(() => recorder.record(acked("r1"))).toThrow("closed");
  });

  test("has a killed actor's last event in the file", () => {
    const history = join(folder, "history");
    mkdirSync(history);
    const { signal, stderr } = runCompiled(`
      const kill = () => process.kill(process.pid, "SIGKILL");
      openRecorder(${JSON.stringify(join(history, "bob.ndjson"))}, "bob", kill)
        .record({ type: "executed", request: "r1", delivery: 1 });`);
    expect(signal, stderr).toBe("SIGKILL");
    expect(readHistory(history)).toMatchObject([{ actor: "bob", n: 1, type: "executed" }]);
  });
});

/** Runs a script in a process of its own, with `openRecorder` compiled as Node 20 needs it. */
function runCompiled(script: string) {
  const tsc = fileURLToPath(new URL("../../node_modules/.bin/tsc", import.meta.url));
  const src = fileURLToPath(new URL("../../src", import.meta.url));
  const options = "--ignoreConfig --target es2022 --module nodenext --types node --skipLibCheck".split(" ");
  execFileSync(tsc, [...options, "--rootDir", src, "--outDir", folder, join(src, "history/recorder.ts")]);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "main.js"), `import { openRecorder } from "./history/recorder.js";\n${script}`);
  return spawnSync(process.execPath, [join(folder, "main.js")], { encoding: "utf8" });
}

describe("reading a history", () => {
  const line = (event: object) => `${JSON.stringify(event)}\n`;
  const [first, second] = history(executed("r1"), requested("r2")); // bob acts before alice

  test("merges the actors by the clock, and their restarts", () => {
    writeFileSync(join(folder, "alice-2.ndjson"), line(second ?? {}));
    writeFileSync(join(folder, "bob.ndjson"), line(first ?? {}));
    writeFileSync(join(folder, "notes.txt"), "not a history");
    expect(readHistory(folder)).toEqual([first, second]);
  });

  test("goes on where it stopped, also within a line", () => {
    const file = join(folder, "alice.ndjson");
    const reader = new ActorFile(file);
    expect(reader.readNew()).toEqual([]); // it recorded nothing yet
    const [whole, half] = [line(first ?? {}), line(second ?? {})];
    writeFileSync(file, whole + half.slice(0, 20));
    expect(reader.readNew()).toEqual([first]);
    appendFileSync(file, half.slice(20, -1));
    expect(reader.readNew()).toEqual([]);
    expect(reader.readEnd()).toEqual([second]);
  });

  test("skips a torn last line, and keeps one that only lacks its newline", () => {
    const file = join(folder, "alice.ndjson");
    writeFileSync(file, line(first ?? {}));
    appendFileSync(file, '{"n":2,"t":1,"ac');
    expect(readHistory(folder)).toEqual([first]);
    writeFileSync(file, line(first ?? {}).trimEnd());
    expect(readHistory(folder)).toEqual([first]);
  });

  test.each([
    ["{ torn in the middle", "expected one event in JSON"],
    ["null", "expected an event"],
    ['{"t":1,"actor":"a","type":"acked","request":"r"}', "with numbers `n` and `t`"],
    ['{"n":1,"t":1,"type":"acked","request":"r"}', "with an `actor`"],
    ['{"n":1,"t":1,"actor":"a","type":"aked","request":"r"}', "a known event `type`"],
    ['{"n":1,"t":1,"actor":"a","type":"acked"}', "the id of a `request`"],
    ["", "expected one event in JSON"],
  ])("refuses %s, naming the line", (garbage, problem) => {
    writeFileSync(join(folder, "alice.ndjson"), `${line(first ?? {})}${garbage}\n${line(second ?? {})}`);
    expect(() => readHistory(folder)).toThrow(/alice\.ndjson:2: /);
    expect(() => readHistory(folder)).toThrow(problem);
  });

  test("does not depend on the order of the files, nor on equal times", () => {
    const events = ["alice", "bob", "carol"].flatMap((actor) => {
      const own = history(by(actor, executed("r1")), by(actor, executed("r2")), by(actor, acked("r1")));
      return own.map((event) => ({ ...event, t: 7 }));
    });
    const whole = merge([events]);
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
        expect(merge(shuffled.map((event) => [event]))).toEqual(whole);
      }),
    );
  });
});
