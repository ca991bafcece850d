// Setup file of vitest: ends a test file's processes. Modules are loaded once per worker, so they cannot do it themselves.
import { afterAll } from "vitest";
import { endAll } from "./children.js";

afterAll(endAll);
