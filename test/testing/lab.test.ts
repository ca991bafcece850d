// The lab as its users have it: everything is there, nothing of another test is, and nothing stays behind.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "@nats-io/transport-node";
import { afterEach, describe, onTestFinished, vi } from "vitest";
import { openConnection, RequestTimeoutError } from "../../src/index.js";
import { expect, startLab, test } from "../../src/testing/vitest.js";
import { acquiring, loadTestcontainers } from "../internal/testing.js";
import { privateTemp } from "../support/leftovers.js";

/** What this test starts is found by its TMPDIR. */
function ownTemp() {
  const temp = privateTemp();
  vi.stubEnv("TMPDIR", temp.path);
  onTestFinished(() => void vi.unstubAllEnvs());
  return temp;
}

describe("a lab with its own server", () => {
  test("answers requests, and any client connects with its plain URL", async () => {
    await using lab = await startLab();
    await lab.responder({ "order-tea": (request) => `🍵 for ${request.text}` });
    const alice = await lab.requester();
    await expect(alice.request("order-tea", "alice")).toEndWith("ok", "🍵 for alice");
    await expect(lab).toHaveRemaining(0);
    expect(lab.url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
    expect(lab.server.version).toMatch(/^2\./);
    const nc = await connect({ servers: lab.url });
    await nc.close();
  });

  test("leaves no connection, process or folder after it is disposed", async () => {
    using temp = ownTemp();
    const lab = await startLab();
    expect(temp.entries()).toHaveLength(1);
    expect(temp.processes()).toHaveLength(2); // the server, and who ends it if this process is killed
    // A handler that hangs does not hang the end of the test.
    await lab.responder({ "order-tea": () => new Promise(() => {}) });
    const alice = await lab.requester({ timeoutMs: 50 });
    await expect(alice.request("order-tea")).rejects.toThrow(RequestTimeoutError);
    await lab[Symbol.asyncDispose]();
    expect(lab.nc.isClosed()).toBe(true);
    expect(temp.entries()).toEqual([]);
    expect(temp.processes()).toEqual([]);
  });

  test("releases the server if the set-up is refused", async () => {
    using temp = ownTemp();
    await expect(startLab({ setup: { replicas: 3 } })).rejects.toThrow(/replicas/);
    expect(temp.entries()).toEqual([]);
    expect(temp.processes()).toEqual([]);
  });
});

describe("a lab on the worker's server", () => {
  test("stores only its own requests in REQUESTS", async ({ lab, server, requester, responder }) => {
    await using other = await startLab({ server });
    await responder({ "order-tea": "🍵" });
    const [alice, carol] = [await requester(), await other.requester({ name: "carol" })];
    const unanswered = carol.request("order-tea", "", { timeoutMs: 100 }).catch((error) => error);
    await expect(alice.request("order-tea")).toEndWith("ok", "🍵");
    await expect(unanswered).resolves.toBeInstanceOf(RequestTimeoutError);
    await expect(lab).toHaveRemaining(0);
    await expect(other).toHaveRemaining(1);
    expect(other.server.url).toBe(lab.server.url);
  });

  test("has its credentials in the URL, and refuses a client without them", async ({ lab }) => {
    const viaUrl = await openConnection({ servers: lab.url });
    const viaOptions = await connect(lab.connectOptions);
    await Promise.all([viaUrl.close(), viaOptions.close()]);
    await expect(connect({ servers: lab.server.url, reconnect: false })).rejects.toThrow(/authorization/i);
  });

  test("starts another server after the last account is in use", async ({ server }) => {
    const accounts = await Promise.all(Array.from({ length: 70 }, () => server.account()));
    const places = accounts.map(({ connection }) => `${connection.servers} ${connection.user}`);
    expect(new Set(places).size).toBe(70);
    expect(new Set(accounts.map(({ connection }) => connection.servers)).size).toBe(2);
  });

  test("has no streams if the service sets them up itself", async ({ server }) => {
    await using lab = await startLab({ server, setup: false });
    await expect(lab.remaining()).rejects.toThrow(/REQUESTS/);
  });
});

describe.concurrent("concurrent tests", () => {
  test.for(["one", "two", "three", "four"])("%s sees only its own request", async (id, { lab, requester }) => {
    const alice = await requester({ timeoutMs: 50 });
    await alice.request("order-tea", "", { id }).catch(() => {});
    const held = await lab.stream("REQUESTS").messages();
    expect(held.map(({ request, subject }) => [request, subject])).toEqual([[id, "requests.order-tea"]]);
  });
});

test("a killed test process leaves no server and no folder", async () => {
  using temp = privateTemp();
  const entry = new URL("../../dist/testing/index.js", import.meta.url).href;
  const program = `import { startLab } from ${JSON.stringify(entry)}; await startLab(); console.log("ready");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, TMPDIR: temp.path },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  expect(temp.entries()).toHaveLength(1);
  child.kill("SIGKILL");
  await expect.poll(() => [...temp.processes(), ...temp.entries()], { timeout: 15_000 }).toEqual([]);
});

describe("acquired resources", () => {
  const told: string[] = [];
  afterEach(() => void told.splice(0));

  test("are all released in reverse order, and the first error is reported", async () => {
    const failing = acquiring(async (releases) => {
      releases.add(() => told.push("first"));
      releases.add(() => Promise.reject(new Error("a release failed")));
      releases.add(() => told.push("third"));
      throw new Error("an acquisition failed");
    });
    await expect(failing).rejects.toThrow("an acquisition failed");
    expect(told).toEqual(["third", "first"]);
  });

  test("name the package to install if a container is requested without it", async () => {
    const missing = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
    await expect(loadTestcontainers(() => Promise.reject(missing))).rejects.toThrow(
      'The lab wants a container, and @testcontainers/nats is not installed: npm install --save-dev @testcontainers/nats, or leave "container" out.',
    );
  });
});
