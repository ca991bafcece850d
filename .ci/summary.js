// Prints the last lines of `run`: the skipped tests, the lanes that were not run, those that failed, and a last line such as
// `123 passed, 0 failed`, which counts all tests. A lane without tests that failed counts as one failure.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

const [, , work] = process.argv;
const lines = (name) => readFileSync(join(work, name), "utf8").split("\n").filter(Boolean);
const notRun = lines("not-run");
const failedLanes = lines("failed");

const reports = readdirSync(join(work, "reports")).map((file) => {
  const { testResults } = JSON.parse(readFileSync(join(work, "reports", file), "utf8"));
  return { lane: basename(file, ".json"), ...counted(testResults) };
});
const sum = (key) => reports.reduce((total, report) => total + report[key], 0);
// A lane fails without a failed test if it has no tests, or if vitest does not start.
const withoutTest = failedLanes.filter((lane) => !reports.some((report) => report.lane === lane && report.failed > 0));
const failed = sum("failed") + withoutTest.length;

for (const { lane, passed, failed, skipped } of reports) {
  console.log(`${lane}: ${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  for (const title of skipped) console.log(`  skipped: ${title}`);
}
for (const { lane, failedTests } of reports) {
  for (const title of failedTests) console.log(`  failed in ${lane}: ${title}`);
}
for (const lane of withoutTest) {
  for (const line of lastLines(lane)) console.log(`  ${lane}: ${line}`);
}
for (const lane of failedLanes) console.log(`FAILED: ${lane}`);
for (const lane of notRun) console.log(`NOT RUN: ${lane}`);
if (sum("passed") === 0) console.log("No test passed.");
console.log(`${sum("passed")} passed, ${failed} failed`);
process.exitCode = failed === 0 && sum("passed") > 0 ? 0 : 1;

// The last lines of a lane's output, without passed tests (✔).
function lastLines(lane) {
  const tail = lines(join("output", `${lane}.log`)).slice(-80);
  return tail.filter((line) => !line.includes("✔")).slice(-20);
}

function counted(files) {
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const having = (...statuses) => tests.filter(({ status }) => statuses.includes(status));
  // A file that does not load, or whose hook fails, has failed without a failed test.
  const brokenFiles = files.filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  );
  return {
    passed: having("passed").length,
    failed: having("failed").length + brokenFiles.length,
    failedTests: having("failed").map(({ fullName }) => fullName),
    skipped: having("pending", "skipped", "todo", "disabled").map(({ fullName }) => fullName),
  };
}
