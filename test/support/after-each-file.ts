// Vitest runs this before each test file, also where files share a worker: modules that are loaded once per worker cannot
// say themselves what happens after each file.
import { afterAll } from "vitest";
import { endAll } from "./children.js";

afterAll(endAll);
