// TLS certificates for a test, made with openssl: an authority, and one certificate for 127.0.0.1 for both sides.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Certificates {
  ca: string;
  cert: string;
  key: string;
}

/** Elliptic curves, because making RSA keys takes long. */
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export function makeCertificates(folder: string): Certificates {
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  writeFileSync(file("ext"), "subjectAltName=IP:127.0.0.1\n");
  openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-days", "1", "-subj", "/CN=kit");
  openssl("req", ...newKey, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server");
  const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1", "-extfile", "ext"];
  openssl("x509", "-req", "-in", "server.csr", ...signed, "-out", "server.pem");
  return { ca: file("ca.pem"), cert: file("server.pem"), key: file("server.key") };
}
