// What the parts of a file have to do with one another, apart from the timeline (walk.ts).
import { nameOf } from "../history/checks/index.js";
import { boundsFit } from "./bounds.js";
import { chosenCheck } from "./chosen-check.js";
import { type Draft, draftOf } from "./draft.js";
import { type Finding, type Path, quoted, type Report, reporterTo } from "./finding.js";
import { kitOptionsOfTheKits, pausesFit } from "./kit-only.js";
import { policiesFit } from "./policies.js";
import { partsAreServed } from "./several-replies.js";
import { sweepFits } from "./sweep-size.js";
import { walkTimeline } from "./walk.js";

export function meaningFindings(data: unknown): Finding[] {
  const findings: Finding[] = [];
  const report = reporterTo(findings);
  const draft = draftOf(data);
  ownNames(draft, report);
  streamsForResponders(draft, report);
  tokensOfReplies(draft, report);
  acksOfPlain(draft, report);
  partsAreServed(draft, report);
  prefetchOfTheKits(draft, report);
  expectedIsChecked(draft, report);
  policiesFit(draft, report);
  boundsFit(draft, report);
  kitOptionsOfTheKits(draft, report);
  pausesFit(draft, report);
  sweepFits(data, report);
  walkTimeline(draft, report);
  return findings;
}

/** Every actor has a name that nothing else has: steps and anchors use the bare name. */
function ownNames(draft: Draft, report: Report): void {
  const owners = new Map<string, string>();
  for (const group of ["requesters", "responders", "services"] as const) {
    for (const name of draft[group].keys()) {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, group);
      else
        report(
          [group, name],
          `Expected a name of its own, got ${quoted(name)} again: it is in \`${owner}\``,
          {
            at: "key",
          },
        );
    }
  }
}

function streamsForResponders(draft: Draft, report: Report): void {
  if (draft.setup !== "none" || draft.responders.size === 0) return;
  report(["setup"], 'Expected `setup` to have streams for the responders, got "none"', {
    hint: "a plain core NATS responder belongs in `services`",
  });
}

/** The kit's responder acknowledges what it has answered: that is its point. */
function acksOfPlain(draft: Draft, report: Report): void {
  for (const [name, responder] of draft.responders) {
    if (responder === undefined || responder.acks || responder.kind === "plain") continue;
    report(["responders", name, "acks"], "Expected `acks: false` only of a responder with `kind: plain`", {
      at: "key",
    });
  }
}

/** What the kit's responder works on is part of what it has in hand. */
function prefetchOfTheKits(draft: Draft, report: Report): void {
  for (const [name, responder] of draft.responders) {
    if (responder?.kind !== "kit") continue;
    const { prefetch, concurrency } = responder;
    if (prefetch === undefined || prefetch >= concurrency) continue;
    const most = `what ${name} may work on at once (\`concurrency: ${concurrency}\`)`;
    report(["responders", name, "prefetch"], `Expected at least ${most}, got ${prefetch}`);
  }
}

/** `{2}` in a service's reply is a token of its subject, so there has to be one. */
function tokensOfReplies(draft: Draft, report: Report): void {
  for (const [name, service] of draft.services) {
    if (service === undefined) continue;
    const tokens = service.subject.split(".").length;
    const answers: [Path, string][] = [
      [["reply"], service.reply],
      ...(service.parts ?? []).map((part, i): [Path, string] => [["parts", i], part]),
    ];
    for (const [path, answer] of answers)
      for (const [placeholder, digits] of answer.matchAll(/\{(\d+)\}/g)) {
        if (Number(digits) >= 1 && Number(digits) <= tokens) continue;
        report(
          ["services", name, ...path],
          `Expected ${placeholder} to be a token of ${quoted(service.subject)}, which has {1} to {${tokens}}`,
        );
      }
  }
}

function expectedIsChecked(draft: Draft, report: Report): void {
  const names = draft.check.map((check) => nameOf(chosenCheck(check)));
  names.forEach((name, i) => {
    if (names.indexOf(name) !== i)
      report(["check", i], `Expected each check once, got ${quoted(name)} again`);
  });
  for (const name of Object.keys(draft.expected)) {
    if (names.some((check) => check === name)) continue;
    report(["expected", name], `Expected a check that \`check\` lists, got ${quoted(name)}`, {
      at: "key",
      hint: `add ${name} to \`check\``,
    });
  }
}
