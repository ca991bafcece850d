// Takes the pictures of docs/reports.md: pages of real runs, in Chromium, at three widths, light and dark. With a folder as its
// argument, the pictures and the reports go there.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("..", import.meta.url));
const [folder = `${root}docs/reports`] = process.argv.slice(2);
const reports = process.env.REPORTS ?? mkdtempSync(join(tmpdir(), "report-pictures-"));
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const violated = `scenario: violated
question: Does alice get her reply when she stops waiting?
answer: No. The reply goes to an inbox that is gone.
requesters: { alice: { reply: inbox, timeout: 300ms } }
responders: { bob: { online: false } }
timeline:
  - request: { from: alice, as: lunch, order: order-sandwich }
  - { within: 20s, eventually: { lunch: timed-out } }
  - start: bob
  - { within: 20s, eventually: { stream.REQUESTS.messages: 0 } }
  - expect: { lunch: ok 🥪 }
check: [no-lost-requests, no-lost-replies]
`;
const sweep = `scenario: lunch-sweep
question: How long do 200 orders wait with 1 to 100 at a time?
answer: The more at a time, the shorter.
requesters: { alice: { timeout: 60s } }
responders: { bob: { work: 5ms } }
timeline:
  - request: { from: alice, as: rush, order: order-sandwich, count: 200 }
  - { within: 60s, eventually: { rush: { ok 🥪: 200 } } }
check: [no-lost-requests, no-lost-replies]
sweep: { responders.bob.concurrency: [1, 2, 5, 10, 100] }
`;

function jsrr(...words) {
  try {
    execFileSync(process.execPath, [`${root}dist/cli.js`, ...words, "-q"], { stdio: ["ignore", "ignore", "inherit"] });
  } catch (error) {
    if (error.status !== 1) throw error; // one scenario is violated
  }
}

if (!existsSync(join(reports, "compare"))) {
  writeFileSync(join(reports, "violated.yaml"), violated);
  writeFileSync(join(reports, "sweep.yaml"), sweep);
  const names = ["offline-responder", "inbox-lost", "requester-gone", "quorum-lost", "scale-out"];
  jsrr("scenarios", ...names, join(reports, "violated.yaml"), "--parallel", "1", "--report", join(reports, "runs"));
  jsrr("scenario", join(reports, "sweep.yaml"), "--report", join(reports, "sweep"));
  jsrr("compare", "--report", join(reports, "compare"));
}
const pages = {
  run: "runs/violated/report.html",
  cluster: "runs/quorum-lost/report.html",
  runs: "runs/index.html",
  sweep: "sweep/index.html",
  compare: "compare/index.html",
};
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath });
try {
  for (const [name, file] of Object.entries(pages))
    for (const colorScheme of ["light", "dark"])
      for (const width of [1280, 768, 390]) {
        const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, reducedMotion: "reduce" });
        await page.goto(pathToFileURL(join(reports, file)).href);
        const devtools = await page.context().newCDPSession(page);
        const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: 45 });
        writeFileSync(join(folder, `${name}-${width}-${colorScheme}.webp`), Buffer.from(data, "base64"));
        await page.close();
      }
} finally {
  await browser.close();
}
