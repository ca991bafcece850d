// What only a real process shows: pipes that close, stack traces, sockets that would keep it from status, secrets.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { jsrr, jsrrHere } from "../support/cli.js";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

it("jsrr list | head -1 ends without an error", async () => {
  const script = `"${process.execPath}" "${cli}" list | head -1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = await promisify(execFile)("bash", ["-c", script]);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^[a-z-]+ +\S.*\n0\n$/);
});

it("jsrr list --json prints one document", async () => {
  const { code, stdout, stderr } = await jsrr(["list", "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ name: "offline-responder" }));
});

it("a bad file ends with exit 4 and every problem, and with a stack trace only with --debug", async () => {
  const folder = mkdtempSync(join(tmpdir(), "test-bad-file-"));
  const file = join(folder, "bad.yaml");
  writeFileSync(file, "scenario: x\nfoo: 1\n");
  const [plain, debug] = await Promise.all([jsrr(["scenario", file]), jsrrHere(["--debug", "scenario", file])]);
  rmSync(folder, { recursive: true });
  expect({ code: plain.code, stdout: plain.stdout }).toEqual({ code: 4, stdout: "" });
  for (const problem of ["`question`", "`answer`", "`timeline`", 'Unknown key "foo"'])
    expect(plain.stderr).toContain(problem);
  expect(plain.stderr).not.toMatch(/^\s+at /m);
  expect(debug.code).toBe(4);
  expect(debug.stderr).toMatch(/^\s+at /m);
});

it("a silent port does not keep the process alive, and the password stays secret", async () => {
  const hole = createServer((socket) => void socket.on("error", () => {})).listen(0, "127.0.0.1");
  await once(hole, "listening");
  const url = `nats://me:s3cret@127.0.0.1:${(hole.address() as AddressInfo).port}`;
  const [told, debug, scenario] = await Promise.all([
    jsrr(["status", "a.b.REQUESTS.1"], { env: { NATS_URL: url } }),
    jsrr(["setup", "--debug", "--server", url]),
    jsrr(["scenario", "offline-responder", "--server", url]),
  ]);
  hole.close();
  for (const { code, stdout, stderr } of [told, debug, scenario]) {
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toMatch(/No nats-server can be reached at nats:\/\/127\.0\.0\.1:\d+ \(no answer in time\)/);
    expect(stderr).not.toContain("s3cret");
  }
  expect(told.stderr.trimEnd().split("\n")).toHaveLength(1);
});
