// What is said where reports cannot be written. Apart from the writer, so that every command can know it for nothing.
/** A folder that reports cannot be written to. The message says what to do. */
export class UnwritableReports extends Error {
  override readonly name = "UnwritableReports";
  constructor(folder: string, cause: NodeJS.ErrnoException) {
    const why = reasons[cause.code ?? ""] ?? cause.message;
    super(`Cannot write reports to ${folder}: ${why}. Name another folder with --report.`, { cause });
  }
}

const reasons: Record<string, string> = {
  ENOENT: "no folder can be made there",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "it is read-only",
  ENOSPC: "the disk is full",
  EEXIST: "it is a file, not a folder",
  ENOTDIR: "a part of it is a file, not a folder",
  EISDIR: "a folder has the name of a report",
  ENAMETOOLONG: "the name is too long",
};
