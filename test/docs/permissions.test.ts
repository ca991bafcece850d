// docs/permissions.md: its configuration is the tested file examples/permissions.conf.
import { expect, test } from "vitest";
import { fenced, read, region, rewrite } from "./page.js";

const path = "docs/permissions.md";
const conf = fenced("conf", read("examples/permissions.conf"));
if (process.env.UPDATE_DOCS) rewrite(path, { "permissions.conf": conf });

test("the page shows examples/permissions.conf", () => expect(region(read(path), "permissions.conf")).toBe(conf));
