# shellcheck shell=bash
# The nats CLI, for the test of service discovery. Sourced by `run`.

work=${work:?}
nats_cli_version=0.5.1

# Exports NATS_CLI, which test/responder/discovery.test.ts reads. Its modules are made writable, so that they can be removed.
provide_nats_cli() {
  NATS_CLI=$(command -v nats || build_nats_cli 2>>"$work/nats-cli.log") || NATS_CLI=
  if [ -n "$NATS_CLI" ] && "$NATS_CLI" --version; then
    export NATS_CLI
    return
  fi
  unset NATS_CLI
  [ ! -e "$work/nats-cli.log" ] || tail -n 5 "$work/nats-cli.log"
  not_run "test of service discovery with the nats CLI" "no nats on the PATH, and Go is missing or cannot build it"
}

build_nats_cli() {
  command -v go >/dev/null || return
  GOBIN="$work/nats-cli" GOPATH="$work/go-path" GOCACHE="$work/go-cache" GOFLAGS=-modcacherw \
    timeout 600 go install "github.com/nats-io/natscli/nats@v$nats_cli_version" >&2 || return
  echo "$work/nats-cli/nats"
}
