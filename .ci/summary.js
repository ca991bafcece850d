// Reads the report of vitest's json reporter, and prints one line such as `123 passed, 0 failed, 2 skipped`, behind what the
// second argument says of it.
import { existsSync, readFileSync } from "node:fs";

const [, , report, which = ""] = process.argv;
// Vitest writes none when it cannot start; that is one failure.
const noReport = { testResults: [{ status: "failed", assertionResults: [] }] };
const { testResults } = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : noReport;

const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
const count = (...statuses) => tests.filter(({ status }) => statuses.includes(status)).length;

// A file that does not load, or whose hook fails, has failed without a failed test.
const brokenFiles = testResults.filter(
  ({ status, assertionResults }) =>
    status === "failed" && !assertionResults.some((test) => test.status === "failed"),
);
const passed = count("passed");
const failed = count("failed") + brokenFiles.length;
const skipped = count("pending", "skipped", "todo", "disabled");

if (passed + failed === 0) console.log("No test was executed.");
console.log(`${which}${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
