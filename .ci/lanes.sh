# shellcheck shell=bash
# Lanes of `run`: each passes, fails, or is not run, and the last lines name those that failed or were not run. Sourced by `run`.

work=${work:?}
: >"$work/failed"
: >"$work/not-run"

# lane NAME COMMAND...: a failure does not hide the next lane. The summary repeats the end of the output of a failed lane.
lane() {
  local begun=$SECONDS
  mkdir -p "$work/output"
  echo "== $1"
  "${@:2}" > >(tee "$work/output/$1.log") 2>&1 || { echo "failed: $1"; echo "$1" >>"$work/failed"; }
  echo "== $1: $((SECONDS - begun)) s"
}

# not_run NAME REASON: a lane that this machine cannot provide fails nothing, and the last lines name it.
not_run() {
  echo "not run: $1 ($2)"
  echo "$1 ($2)" >>"$work/not-run"
}

# run_tests NAME ARGUMENT...: vitest with a report for the last lines.
run_tests() {
  npx vitest run "${@:2}" --reporter=verbose --reporter=json --outputFile.json="$work/reports/$1.json"
}

# Exit code of `run`: whether a lane failed.
summarize() {
  node .ci/summary.js "$work"
}

# Installs packages of Debian or Ubuntu, as root.
install_packages() {
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || return
  DEBIAN_FRONTEND=noninteractive timeout 300 sh -c \
    'apt-get -q update && apt-get -qy install --no-install-recommends "$@"' apt "$@" >"$work/apt.log" 2>&1 </dev/null ||
    { tail -n 5 "$work/apt.log"; return 1; }
}
