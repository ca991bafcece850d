// Measures the demo page in Chromium against a real server: its first paint, when it shows what the server has, and its frames
// while a thousand orders pass. Prints JSON; docs/demo.md has the numbers.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { chromium } from "playwright-core";
import { Responder, setup } from "../dist/index.js";
import { findServer, NatsServer } from "../dist/server/index.js";

const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const [orders, loads, paints] = [20, 20, 5];

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
const folder = mkdtempSync(join(tmpdir(), "demo-measures-"));
const port = await freePort();
const server = await NatsServer.start({
  ...{ binary: await findServer(), folder },
  config: `websocket { listen: "127.0.0.1:${port}", no_tls: true }`,
});
const nc = await connect({ servers: server.url });
const jsm = await jetstreamManager(nc);
await setup(nc);
const args = ["demo", "--json", "--server", server.url, "--websocket", `ws://127.0.0.1:${port}`];
const demo = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "inherit"] });
const { url } = JSON.parse(await new Promise((resolve) => demo.stdout.once("data", (text) => resolve(String(text)))));
const browser = await chromium.launch({ executablePath });
try {
  const firstPaintMs = [];
  for (let n = 0; n < paints; n++) {
    const page = await browser.newPage();
    await page.goto(url);
    firstPaintMs.push(
      await page.evaluate(
        () =>
          new Promise((resolve) => {
            const observer = new PerformanceObserver((list) => resolve(list.getEntries()[0].startTime));
            observer.observe({ type: "paint", buffered: true });
          }),
      ),
    );
    await page.close();
  }
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(url);
  await page.locator("[data-order=order-sandwich]:enabled").waitFor();
  // When each text of an order stood on the page, by the machine's clock.
  await page.evaluate(() => {
    window.shown = {};
    window.frames = [];
    window.tasks = [];
    const look = () => {
      for (const row of document.querySelectorAll("[data-as]")) {
        window.shown[row.dataset.as] ??= {};
        const at = window.shown[row.dataset.as];
        at[row.querySelector("small").textContent] ??= performance.timeOrigin + performance.now();
      }
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.tasks.push(duration);
    }).observe({ type: "longtask" });
    let before = performance.now();
    const frame = (now) => {
      window.frames.push(now - before);
      before = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const names = [];
  for (let n = 1; n <= orders; n++) {
    await page.click("[data-order=order-sandwich]");
    names.push(`order-${n}`);
    await page.locator(`[data-as="order-${n}"]`, { hasText: "waits in REQUESTS" }).waitFor();
  }
  const timeOf = async (stream, seq) => Number(new Date((await jsm.streams.getMessage(stream, { seq })).time));
  const storedAt = [];
  for (let seq = 1; seq <= orders; seq++) storedAt.push(await timeOf("REQUESTS", seq));
  const responder = await Responder.start(nc, { handlers: { "order-sandwich": () => "🥪" } });
  await page.getByText("No order is open.").waitFor();
  const shown = await page.evaluate(() => window.shown);
  const queuedMs = names.map((as, n) => shown[as]["waits in REQUESTS"] - storedAt[n]);
  const receivedMs = [];
  for (let seq = 1; seq <= orders; seq++) {
    const { subject, time } = await jsm.streams.getMessage("REPLIES", { seq });
    const id = subject.split(".").at(-1);
    const as = await page.evaluate((id) => document.querySelector(`[data-id="${id}"]`)?.dataset.as, id);
    if (as) receivedMs.push(Math.max(...Object.values(shown[as])) - Number(new Date(time)));
  }
  await page.evaluate(() => {
    window.frames.length = 0;
    window.tasks.length = 0;
  });
  // The processor time of each task is the page's own, also on a machine with other work.
  const devtools = await browser.newBrowserCDPSession();
  const trace = [];
  devtools.on("Tracing.dataCollected", ({ value }) => trace.push(...value));
  const traceConfig = { includedCategories: ["toplevel", "disabled-by-default-devtools.timeline"] };
  await devtools.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
  const before = performance.now();
  for (let n = 0; n < loads; n++) await page.click("[data-order=load]");
  await page.getByText("No order is open.").waitFor({ timeout: 60_000 });
  const passedMs = performance.now() - before;
  const traced = new Promise((resolve) => devtools.once("Tracing.tracingComplete", resolve));
  await devtools.send("Tracing.end");
  await traced;
  const renderers = new Set(
    trace
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const taskCpuMs = trace
    .filter(({ name, pid, tid }) => name === "ThreadControllerImpl::RunTask" && renderers.has(`${pid} ${tid}`))
    .map(({ tdur = 0 }) => tdur / 1000);
  const { frames, tasks } = await page.evaluate(() => ({ frames: window.frames, tasks: window.tasks }));
  await responder.drain();
  const spread = (all) => {
    const sorted = all.toSorted((a, b) => a - b);
    const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
    return { count: all.length, p50: at(0.5), p99: at(0.99), most: at(1) };
  };
  const thousand = {
    ...{ passedMs: Math.round(passedMs), frameMs: spread(frames), longTaskMs: spread(tasks) },
    ...{ taskCpuMs: spread(taskCpuMs), allTasksCpuMs: Math.round(taskCpuMs.reduce((sum, ms) => sum + ms, 0)) },
  };
  const result = { firstPaintMs: spread(firstPaintMs), queuedMs: spread(queuedMs), receivedMs: spread(receivedMs) };
  console.log(JSON.stringify({ ...result, thousandOrders: thousand }, null, 2));
} finally {
  await browser.close();
  demo.kill("SIGINT");
  await nc.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
