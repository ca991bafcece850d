// Faults of an actor, on a real process that answers over a pipe.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import type { TargetActor } from "../internal/faults.js";
import { standstill } from "../internal/server.js";
import { type Bench, bench } from "./bench.js";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function bob(): { child: ChildProcess; at: Bench } {
  const child = spawn("cat");
  children.push(child);
  const ended = once(child, "exit");
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
    const how = { name: "bob", signal };
    at.note(
      "lab",
      signal === "SIGKILL" ? { type: "actor-crashed", ...how } : { type: "actor-stopped", ...how, code: null },
    );
  };
  const actor: TargetActor = {
    name: "bob",
    pid: child.pid as number,
    pause: async () => {
      child.kill("SIGSTOP");
      await standstill(child.pid as number);
    },
    resume: () => void child.kill("SIGCONT"),
    crash: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
  const cluster = { nodes: [], route: () => undefined, connect: () => Promise.reject(new Error("no server")) };
  const at = bench({ cluster, actors: [actor] });
  return { child, at };
}

test("a killed actor is gone", async () => {
  const { child, at } = bob();
  const fault = await at.inject("crash-actor", { actor: "bob" });
  expect(child.signalCode).toBe("SIGKILL");
  await fault.heal();
  expect(fault.bit(at.history)).toBe("bob ended (SIGKILL)");
});

test("a stopped actor ends with exit code 0", async () => {
  const { child, at } = bob();
  const fault = await at.inject("stop-actor", { actor: "bob" });
  expect(child.signalCode).toBe("SIGTERM");
  expect(fault.bit(at.history)).toBe("bob ended (SIGTERM)");
});

test("a paused actor does nothing until it is healed", async () => {
  const { child, at } = bob();
  const state = () => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
  const delivered = { type: "delivered", request: "r1", subject: "requests.x", sequence: 1 } as const;
  at.note("bob", { ...delivered, delivery: 1 });
  const fault = await at.inject("pause-actor", { actor: "bob" });
  expect(state()).toBe("T");
  const answer = once(child.stdout as NodeJS.ReadableStream, "data");
  child.stdin?.write("hello");
  expect(fault.bit(at.history)).toBeUndefined();
  at.note("carol", { ...delivered, delivery: 2 });
  await fault.heal();
  expect(String(await answer)).toBe("hello");
  expect(fault.bit(at.history)).toBe("a request was delivered again (delivery 2)");
});

test("an actor that does not run is named", async () => {
  const { at } = bob();
  await expect(at.inject("pause-actor", { actor: "carol" })).rejects.toThrow("carol is not running.");
});
