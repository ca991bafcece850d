// A full disk, in one sentence.

export function diskFull(folder: string): string {
  return `the disk that holds ${folder} is full; make room on it, or set TMPDIR to a folder on another disk`;
}

/** Node's error for a write that found no room. */
export const isDiskFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOSPC";
