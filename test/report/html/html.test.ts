// The report as text: what it says of each kind of run, and that nothing from outside becomes markup.
import { describe, expect, test } from "vitest";
import { create } from "xmlbuilder2";
import type { Run } from "../../internal/history.js";
import { html, overview, sequenceSvg } from "../../internal/report.js";
import { heldRun, inconclusiveRun, lessonRun, violatedRun } from "../runs.js";
import { brokenPromise, evilRun, failedRun, largeRun, partialRun } from "./runs.js";

/** The words of a page, without its style, script and titles of shapes. */
function words(page: string): string {
  const body = page.slice(page.indexOf("<body>"));
  const text = body.replace(/<(script|style|title)\b.*?<\/\1>/gs, "").replace(/<[^>]*>/g, " ");
  return text.replace(/\s+/g, " ").replaceAll("&#39;", "'").replaceAll("&quot;", '"');
}

test("a page may load nothing, and only that of a run has a script", () => {
  const policyOf = (page: string) => /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1];
  expect(policyOf(html(heldRun))).toBe(
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
  );
  const many = overview({ suites: [], left: 0 });
  expect(policyOf(many)).toBe("default-src 'none'; img-src data:; style-src 'unsafe-inline'");
  expect(many).not.toContain("<script");
});

describe("a page of a run", () => {
  test("that held has the question, the answer, checks, counts and the server", () => {
    const text = words(html(heldRun));
    expect(text).toContain("What do a sandwich, a flatbread and a drink get from a responder that serves no drinks?");
    expect(text).toContain("✔ held after 2.35 s Both dishes arrive.");
    expect(text).toContain("no-lost-requests held of 3 stored requests, 3 ended and 0 stayed queued");
    expect(text).toContain("requested 3 stored 3 executed 2 replied 2 arrived 2");
    expect(text).toContain("nats-server 2.14.0, from NATS_SERVER_BIN");
    expect(text).toContain("drink order-drink alice bob mailbox 4.00 ms timed-out");
  });

  test("with an expected loss is violated as expected", () => {
    expect(words(html(lessonRun))).toMatch(/✔ no-lost-replies violated, as expected .* lunch/);
  });

  test("that was violated has the reason, the requests and the failed line of the file", () => {
    const page = html({ ...brokenPromise.run, scenario: brokenPromise.scenario });
    expect(words(page)).toContain("✘ violated after 2.35 s Expected lunch to be ok 🥪, but it was not-collected");
    expect(page).toMatch(/no-lost-replies<\/strong>.*?href="#request=lunch">lunch</s);
    expect(page).toMatch(/<li class="violated" id="line-6">/);
    expect(page).toMatch(/<li class="held" id="line-7">/);
    expect(page).toMatch(/<li id="line-5">/);
  });

  test("that was violated shows the events of each failed request, and folds those of expected ones", () => {
    const page = html(violatedRun);
    expect(words(page)).toMatch(/What happened to it lunch 0\.\d+ s alice requested .* not-collected/);
    expect(page).toMatch(/no-lost-replies.*?<details class="trails" open>/s);
    expect(html(lessonRun)).toMatch(/<details class="trails"><summary>/);
  });

  test("that was inconclusive has the inconclusive checks, also without the scenario file", () => {
    const text = words(html(inconclusiveRun));
    expect(text).toContain("? inconclusive");
    expect(text).toContain("It is unknown whether stream.REQUESTS.messages was 0. (line 14)");
  });

  test("that failed has no verdict, and shows the recorded events", () => {
    const text = words(html({ ...failedRun, failure: "nats-server ended on its own." }));
    expect(text).toContain("! the run failed after 0.00 s nats-server ended on its own. There is no verdict.");
    expect(text).toContain("times out on lunch: queued");
    expect(text).toContain("No check was made.");
  });

  test("without any history is complete", () => {
    const text = words(html({ ...partialRun({}, []), failure: "No server could be found." }));
    expect(text).toContain("No server could be found.");
    expect(text).toContain("Nothing was recorded.");
  });
});

describe("text from outside", () => {
  const { run, scenario } = evilRun();

  test("stays text in the page", () => {
    const page = html({ ...run, scenario, failure: scenario });
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page.match(/<\/script/g)).toHaveLength(1);
    expect(page).not.toMatch(/<img|\u202e/);
    expect(words(page)).toContain("&lt;img src=x");
  });

  test("stays text in the picture", () => {
    const picture = sequenceSvg(run);
    expect(picture).not.toMatch(/<script|<img|\u202e/);
    expect(create(picture).root().node.nodeName).toBe("svg");
  });

  test("has a number for each request of one name", () => {
    const requests = heldRun.result.requests.map((request) => ({ ...request, as: "rush" }));
    const page = html({ ...heldRun, result: { ...heldRun.result, requests } });
    expect(page).toContain(`href="#request=rush%20%232">rush #2</a>`);
    expect(page.match(/data-as="rush"/g)).toHaveLength(3);
  });
});

describe("a thousand requests", () => {
  const run: Run = largeRun(1000);
  const page = html(run);

  test("take less than a megabyte in a page", () => expect(Buffer.byteLength(page)).toBeLessThan(1_000_000));

  test("are sampled, and the page says so", () => {
    expect(words(page)).toContain("40 of 1,000 requests are drawn");
    expect(words(page)).toContain("980 got a reply 20 gave up");
    expect(page.match(/<a [^>]*class="row/g)).toHaveLength(40);
    expect(page.match(/<tr data-r="\d+" data-key/g)).toHaveLength(1000);
  });

  test("above the limit are cut, and the failed ones stay", () => {
    const longer = html(largeRun(1300));
    expect(longer.match(/<tr data-r="\d+" data-key/g)).toHaveLength(1000);
    expect(longer).toMatch(/<tr data-r="1299" data-key/); // gave up
    expect(words(longer)).toContain("1,000 of 1,300 requests are listed");
  });
});

test("the diagram is well-formed SVG, has no script and needs no network", () => {
  for (const run of [heldRun, violatedRun, inconclusiveRun, largeRun(100), failedRun]) {
    const picture = sequenceSvg(run);
    expect(create(picture).root().node.nodeName).toBe("svg");
    expect(picture).not.toMatch(/<script|href=|url\(|@import/);
    expect(picture).toContain("prefers-color-scheme:dark");
  }
  expect(sequenceSvg(largeRun(100))).toContain("8 of 100 requests are drawn.");
});
