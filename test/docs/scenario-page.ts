// A page for each scenario: the question, a picture of a run, the answer, and the file.
import { readFileSync } from "node:fs";
import type { Run } from "../internal/history.js";
import { sequenceSvg } from "../internal/report.js";
import type { Listed, Scenario } from "../internal/scenario.js";
import { fenced, table } from "./page.js";

/** The picture of a run. */
export const picture = (run: Run) => sequenceSvg(run);

const shownPicture = (name: string) => `![What happened in ${name}: a sequence diagram](${name}.svg)`;

export function scenarioPage({ name, file }: Listed, { question, answer }: Scenario): string {
  return blocks(
    `# ${name}`,
    `**${prose(question)}**`,
    shownPicture(name),
    prose(answer),
    `\`npm run scenario ${name}\` runs [the file](../../scenarios/${name}.yaml):`,
    fenced("yaml", readFileSync(file, "utf8")),
    "[All scenarios](README.md)",
  );
}

/** The groups of the index, each with its picture: that of its first scenario. */
const groups: readonly (readonly [title: string, ...names: string[]])[] = [
  [
    "A late responder and an absent requester",
    ...["offline-responder", "requester-gone", "requester-restart-collects", "inbox-lost"],
  ],
  ["The orders of NATS by Example", "order-menu", "core-request-reply", "no-responders", "naive-request"],
  [
    "Redelivery",
    ...["ack-wait-expiry", "long-work", "prefetch-trap", "no-prefetch-trap", "ack-withheld", "responder-paused"],
    "pause-gives-back",
  ],
  [
    "Handlers that fail, responders that crash",
    ...["crash-after-effect", "crash-before-reply", "crash-after-reply", "handler-throws", "poison-order"],
    ...["dead-letter-replayed", "max-deliver-stuck"],
  ],
  [
    "The same request twice",
    ...["duplicate-gets-original", "dedup-window", "dedup-forgotten-on-restart", "publish-timeout-is-unknown"],
  ],
  ["Messages of other clients", "forged-reply", "other-clients", "astray-addresses"],
  [
    "Withdrawn, late and expired requests",
    ...["cancel-race", "cancel-not-received", "send-and-leave", "late-replies", "stale-request-ttl"],
    "late-ack-after-expiry",
  ],
  ["Several replies", "parts-collected", "core-many"],
  ["Several queues, and copies of their streams", "two-queues", "audit-stream"],
  [
    "Limits and load",
    ...["stream-full-new", "stream-full-old", "max-outstanding", "back-pressure", "scale-out", "slow-link"],
  ],
  [
    "Failing servers, disks and links",
    ...["broker-kill-mid-flight", "half-open-connection", "partitioned-responder", "power-failure"],
    ...["power-failure-sync-always", "bit-flip", "disk-full"],
  ],
  [
    "A cluster of three",
    "rolling-restart",
    "rolling-upgrade",
    "leader-stepdown",
    "leader-frozen",
    "quorum-lost",
    "replica-bit-flip",
    "replica-removed",
  ],
];

export function indexPage(all: readonly { name: string; question: string }[]): string {
  const grouped = new Set(groups.flatMap(([, ...names]) => names));
  const others = all.map(({ name }) => name).filter((name) => !grouped.has(name));
  const shown = others.length > 0 ? [...groups, ["Others", ...others] as const] : groups;
  const question = (name: string) => {
    const found = all.find((one) => one.name === name);
    if (found === undefined) throw new Error(`The group of ${name} names a scenario that does not exist.`);
    return prose(found.question);
  };
  return blocks(
    "# Scenarios",
    "Each scenario asks one question of a real nats-server. Its page has a picture of a recorded run, the answer and the file. `npm run docs` writes these pages from the files in [scenarios/](../../scenarios).",
    "`npx jsrr scenario NAME` runs one, `npx jsrr list` prints all questions, and `npx jsrr scenarios` runs all. [Scenario files](../scenarios.md) explains how to write one.",
    ...shown.flatMap(([title, ...names]) => [
      `## ${title}`,
      table(
        ["scenario", "question"],
        names.map((name) => [`[${name}](${name}.md)`, question(name)]),
      ),
      shownPicture(names[0] as string),
    ]),
  );
}

const prose = (text: string) => text.replace(/\s+/g, " ").trim().replaceAll("|", "\\|").replaceAll("<", "&lt;");
const blocks = (...all: string[]) => `${all.join("\n\n")}\n`;
