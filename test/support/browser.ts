// Chromium of the machine, headless, for tests of the HTML report; nothing is downloaded.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome"];

/** The first Chromium on the PATH. */
export function findChromium(path = process.env.PATH ?? ""): string | undefined {
  const candidates = path.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return candidates.find(isExecutable);
}

/** For `describe.skipIf`: whether there is no Chromium; logs it. */
export function noChromium(): boolean {
  const isMissing = findChromium() === undefined;
  if (isMissing) console.warn(`Skipped: none of ${names.join(", ")} is on the PATH.`);
  return isMissing;
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium() as string });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
