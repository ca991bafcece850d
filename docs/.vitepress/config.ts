// The docs site: the pages of this folder as they are, with search. `npm run docs:dev` at the root shows it.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";

const docs = fileURLToPath(new URL("..", import.meta.url));
/** Where the sources can be read, e.g. a tree at a repository host. Without it, a link to a source is plain text. */
const sources = process.env.SOURCES_URL?.replace(/\/$/, "");

const page = (text: string, name: string) => ({ text, link: `/${name}` });
const scenarios = readdirSync(join(docs, "scenarios"))
  .filter((file) => file.endsWith(".md") && file !== "README.md")
  .map((file) => page(file.slice(0, -3), `scenarios/${file.slice(0, -3)}`));

export default defineConfig({
  title: "jetstream-request-reply-kit",
  description: "Durable request-reply on NATS JetStream, and the laboratory that proves it.",
  cleanUrls: true,
  // The home page of the default theme has no landmark `main`.
  transformHtml: (html) => html.replace('<div class="VPContent is-home" id="VPContent"', '$& role="main"'),
  srcExclude: ["node_modules/**"],
  rewrites: { "scenarios/README.md": "scenarios/index.md" },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      page("Start", "start"),
      page("Which strategy?", "strategies"),
      page("Test", "testing"),
      page("Crash", "coming-back"),
      page("Errors", "faq"),
    ],
    sidebar: {
      "/scenarios/": [
        { text: "Scenarios", items: [page("All, with pictures", "scenarios/"), page("Start in 5 minutes", "start")] },
        { text: "By name", items: scenarios },
      ],
      "/": [
        {
          text: "Use it",
          items: [
            page("Start in 5 minutes", "start"),
            page("An order service", "tutorial-service"),
            page("The library by example", "library"),
            page("Payloads, headers and ids", "messages"),
            page("Subjects, consumers and time", "subjects"),
            page("Which strategy should I use?", "strategies"),
            page("Coming back after a crash", "coming-back"),
            page("Several queues", "queues"),
            page("Test your own service", "testing"),
            page("Your service in the laboratory", "your-service"),
            page("Conformance", "conformance"),
            page("In production", "production"),
            page("Connections", "connections"),
            page("Traces, metrics and discovery", "observability"),
            page("Runtimes", "runtimes"),
            page("Errors and questions", "faq"),
          ],
        },
        {
          text: "Decide",
          items: [
            page("Beside other tools", "comparison"),
            page("NATS by Example, here", "nats-by-example"),
            page("Guarantees", "guarantees"),
            page("Performance", "performance"),
          ],
        },
        {
          text: "See it",
          items: [
            page("The demo page", "demo"),
            page("Reports", "reports"),
            page("By hand, in three terminals", "by-hand"),
            page("Strategies compared", "compare"),
            page("Scenarios, with pictures", "scenarios/"),
          ],
        },
        {
          text: "The laboratory",
          items: [
            page("From a question to a report", "tutorial-lab"),
            page("Scenario files", "scenarios"),
            page("Faults", "faults"),
            page("Checks", "checks"),
            page("Explore", "explore"),
          ],
        },
        {
          text: "Reference",
          items: [
            page("API", "api/"),
            page("Wire protocol", "protocol"),
            page("ADR: durable request-reply", "adr-durable-request-reply"),
            page("Permissions", "permissions"),
            page("Server versions", "server-versions"),
            page("Glossary", "glossary"),
            page("Architecture", "architecture"),
            page("Development", "development"),
            page("Changelog", "changelog"),
          ],
        },
      ].map(withPagesThatExist),
    },
  },
  markdown: {
    // Braces in the pages are YAML, not attributes.
    attrs: { disable: true },
    // VitePress' own have comments and keywords below the contrast of WCAG AA.
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    config: (md) => {
      md.core.ruler.push("links-to-sources", ({ tokens, env }) => {
        const { path } = env as { path: string };
        // The changelog is included from the root of the repository.
        const from = path.endsWith("/changelog.md") ? dirname(dirname(path)) : dirname(path);
        tokens.forEach(emptyHeadToCell);
        for (const { children } of tokens) for (const token of children ?? []) changeLink(token, from);
      });
    },
  },
});

interface Group {
  text: string;
  collapsed?: boolean;
  items: { text: string; link: string }[];
}

function withPagesThatExist(group: Group): Group {
  return { ...group, items: group.items.filter(({ link }) => pageExists(link.slice(1))) };
}

function pageExists(name: string): boolean {
  const files = name.endsWith("/") ? [`${name}README.md`, `${name}index.md`] : [`${name}.md`];
  return files.some((file) => existsSync(join(docs, file)));
}

interface Token {
  type: string;
  tag: string;
  content: string;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

/** A head without text is not a head: screen readers would announce it. */
function emptyHeadToCell(token: Token, at: number, tokens: readonly Token[]): void {
  if (token.type !== "th_open" || tokens[at + 1]?.content !== "") return;
  for (const cell of [token, tokens[at + 2]]) if (cell) cell.tag = "td";
}

/** A link that leaves the docs leads to the sources. One that leads into them from outside is of the included changelog. */
function changeLink(token: Token, from: string): void {
  const href = token.type === "link_open" ? token.attrGet("href") : null;
  if (href === null || /^([a-z]+:|#|\/)/i.test(href)) return;
  const path = relative(docs, join(from, href));
  if (!path.startsWith("..")) {
    if (!from.startsWith(docs.replace(/\/$/, ""))) token.attrSet("href", `./${path}`);
    return;
  }
  token.attrSet("href", sources ? `${sources}/${path.replace(/^(\.\.\/)+/, "")}` : "#");
}
