#!/usr/bin/env bash
# A newcomer's first steps: an empty folder, the kit and other packages installed, a file pasted, and a command run.
#   newcomer.sh TARBALL FILE COMMAND [PACKAGE...]
# Exit code 75: the package registry does not answer, so the test has no result.
set -euo pipefail
tarball=$(realpath "$1")
pasted=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >/dev/null
npm pkg set type=module
if ! npm install --prefer-offline --no-audit --no-fund --fetch-retries=1 "$tarball" "${@:4}" >install.log 2>&1; then
  cat install.log
  grep -qE 'E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|NETUNREACH)|network' install.log && exit 75
  exit 1
fi
cp "$pasted" .
bash -euc "$3"
