# shellcheck shell=bash
# A Chromium for the tests of the HTML report, which look for one on the PATH. Sourced by `run`.

provide_chromium() {
  find_chromium || { install_packages chromium && find_chromium; } ||
    not_run "tests of the HTML report in a browser" "no Chromium on the PATH, and apt-get cannot install one"
}

find_chromium() {
  local name
  for name in chromium chromium-browser google-chrome; do
    # On Ubuntu the package chromium holds a script that asks for a snap.
    command -v "$name" >/dev/null && "$name" --version 2>/dev/null </dev/null && return
  done
  return 1
}
