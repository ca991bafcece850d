// The demo's page on a server that runs already: orders, replies and a killed tab, and no buttons for its processes.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Responder, setup } from "../../src/index.js";
import { launchChromium, noChromium } from "../support/browser.js";
import { jsrrHere } from "../support/cli.js";
import { startTestServer } from "../support/server.js";
import { websocketUrl } from "../support/websocket.js";
import { on, openPage, startDemo } from "./start.js";

const handlers = { "order-sandwich": () => "🥪", "order-bagel": () => "🥯" };

test("a server without a websocket listener is refused", async () => {
  await using server = await startTestServer();
  await setup(await server.connect(), { storage: "memory" });
  const refused = (websocket: string) => jsrrHere(["demo", "--server", server.url, "--websocket", websocket]);
  expect(await refused("ws://127.0.0.1:1")).toMatchObject({
    ...{ code: 4, stdout: "" },
    stderr: expect.stringMatching(
      /^There is no websocket listener at ws:\/\/127\.0\.0\.1:1: the connection is refused\. /,
    ),
  });
  const { code, stderr } = await refused(server.url.replace("nats:", "ws:"));
  expect(code).toBe(4);
  expect(stderr).toMatch(/: it does not speak HTTP\. Add `websocket \{/);
});

test("a websocket listener that allows other origins only is refused", async () => {
  await using server = await startTestServer({
    config: `websocket { listen: "127.0.0.1:-1", no_tls: true, allowed_origins: ["http://127.0.0.1:9"] }`,
  });
  await setup(await server.connect(), { storage: "memory" });
  const { code, stderr } = await jsrrHere(["demo", "--server", server.url, "--websocket", await websocketUrl(server)]);
  expect(code).toBe(4);
  expect(stderr).toMatch(/refuses the page \(HTTP 403\): add http:\/\/127\.0\.0\.1:\d+ to its `allowed_origins`/);
});

describe.skipIf(noChromium())("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test("the page orders, receives, and collects after its tab was killed", { timeout: 90_000 }, async () => {
    await using server = await startTestServer({
      config: `websocket { listen: "127.0.0.1:-1", no_tls: true }
        authorization { users: [{ user: shop, password: secret }] }`,
    });
    const nc = await server.connect({ user: "shop", pass: "secret" });
    await setup(nc, { storage: "memory" });
    const user = ["--user", "shop", "--password", "secret"];
    await using demo = await startDemo(["--server", server.url, "--websocket", await websocketUrl(server), ...user]);
    await using open = await openPage(browser, demo.url);
    const { page, trouble } = open;
    const { order, says, killTab, comeBack } = on(page);

    expect(await page.locator("[data-responder], [data-add], [data-fault=kill-server]:visible").count()).toBe(0);
    expect(await page.getByRole("button").allInnerTexts()).not.toContain("Restart");

    await order("order-sandwich");
    await says("order-1", "waits in REQUESTS");
    await page.getByRole("heading", { name: "REQUESTS 1" }).waitFor();
    const first = await Responder.start(nc, { handlers });
    await says("order-1", "received");
    await first.drain();

    await order("order-bagel");
    await says("order-2", "waits in REQUESTS");
    await killTab();
    await page.locator(".handles code").waitFor();
    await comeBack();
    await Responder.start(nc, { handlers });
    await says("order-2", "collected later");
    await page.getByRole("heading", { name: "REPLIES 2" }).waitFor();
    expect(trouble).toEqual([]);
  });
});
