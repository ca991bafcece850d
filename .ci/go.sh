# shellcheck shell=bash
# The modules of the examples in Go, for their tests. Sourced by `run`.

work=${work:?}

provide_go() {
  if ! command -v go >/dev/null; then
    not_run "tests of the examples in Go" "there is no go"
  elif (cd examples/go && timeout 300 go build -o "$work/go/" ./...) >"$work/go.log" 2>&1; then
    go version
  else
    tail -n 5 "$work/go.log"
    not_run "tests of the examples in Go" "their modules cannot be fetched"
  fi
}
