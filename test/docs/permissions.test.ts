// docs/permissions.md shows the file that is tested.
import { expect, test } from "vitest";
import { fenced, read, region, rewrite } from "./page.js";

const path = "docs/permissions.md";
const conf = fenced("conf", read("examples/permissions.conf"));
if (process.env.UPDATE_DOCS) rewrite(path, { "permissions.conf": conf });

test("permissions.conf is up to date", () => expect(region(read(path), "permissions.conf")).toBe(conf));
