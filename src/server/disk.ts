// A disk that can lose its power: an ext4 file system in an image file, mounted through a loop device (Linux, as root).
import { execFile } from "node:child_process";
import { appendFile, copyFile, mkdir, rename, rm, statfs, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { isDiskFull } from "./nats-server.js";
import type { RunFolder } from "./run-folder.js";

const run = promisify(execFile);

/** The image is sparse: it takes as much room as is written to it. */
const defaultBytes = 256_000_000;

/** What is left to root is written. */
const chunkBytes = 1_000_000;

/** Whether this process can make such disks. */
export const canLosePower = () => process.platform === "linux" && process.getuid?.() === 0;

export class Disk {
  /** Where it is mounted. */
  readonly path: string;
  readonly #image: string;

  private constructor(path: string, image: string) {
    this.path = path;
    this.#image = image;
  }

  /** Mounts it in the run's folder, whose release or sweep unmounts it. @throws one sentence if it cannot be made. */
  static async create(folder: RunFolder, name: string, bytes = defaultBytes): Promise<Disk> {
    const [path, image] = [join(folder.path, `${name}-disk`), join(folder.path, `${name}.ext4`)];
    await mkdir(path);
    await writeFile(image, "");
    await truncate(image, bytes);
    await tool("mkfs.ext4", "-q", "-F", image);
    const disk = new Disk(path, image);
    folder.adoptMount(path);
    await disk.#mount();
    return disk;
  }

  /**
   * Loses all that was not synced: what the kernel has not written into the image is in memory only. The image is copied,
   * and the copy mounted in its place; its journal is replayed as after a real failure. No process may have a file open.
   */
  async losePower(): Promise<void> {
    const copy = `${this.#image}.after`;
    await copyFile(this.#image, copy);
    await tool("umount", this.path);
    await rename(copy, this.#image);
    await this.#mount();
  }

  /** Takes all free room, root's share too. Most of it is reserved and not written. */
  async fill(): Promise<void> {
    const { bavail, bsize } = await statfs(this.path);
    await tool("fallocate", "-l", `${bavail * bsize}`, this.#filler);
    try {
      for (;;) await appendFile(this.#filler, Buffer.alloc(chunkBytes));
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  async makeRoom(): Promise<void> {
    await rm(this.#filler, { force: true });
  }

  get #filler(): string {
    return join(this.path, "filler");
  }

  /** A loop device that mount(8) sets up goes away with the last unmount. */
  async #mount(): Promise<void> {
    await tool("mount", "-o", "loop", this.#image, this.path);
  }
}

async function tool(name: string, ...args: string[]): Promise<void> {
  try {
    await run(name, args);
  } catch (cause) {
    const { stderr, message: failure } = cause as { stderr?: string; message: string };
    const why = (stderr || failure).trim().split("\n")[0];
    const message = `A disk that can lose its power needs root and loop devices: ${name} failed: ${why}`;
    throw new Error(message, { cause });
  }
}
