#!/usr/bin/env bash
# What a newcomer does: an empty folder, the kit and vitest installed, the README's test pasted, and run.
#   newcomer.sh TARBALL TEST-FILE
# Exit code 75: the registry did not answer, so nothing can be said.
set -euo pipefail
tarball=$(realpath "$1")
pasted=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >/dev/null
if ! npm install --prefer-offline --no-audit --no-fund --fetch-retries=1 "$tarball" vitest >install.log 2>&1; then
  cat install.log
  grep -qE 'E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|NETUNREACH)|network' install.log && exit 75
  exit 1
fi
cp "$pasted" order.test.js
npx vitest run
