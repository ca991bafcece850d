# shellcheck shell=bash
# nats-server 2.9.10, the version of Debian 12, and the tests that talk to a server, on it. Sourced by `run`.
# The rest of the suite starts no server, or starts whole runs, which take as long as all of these. The whole suite on another
# server is `NATS_SERVER_BIN=<path> npm test`.

work=${work:?}
older_version=2.9.10

# Exports OLDER_SERVER_BIN, which test/support/server-version.ts reads too. Nothing is installed on the machine, because every
# other lane would then test the nats-server on the PATH.
provide_older_server() {
  local how
  for how in "echo /usr/sbin/nats-server" unpack_debian_package build_with_go; do
    OLDER_SERVER_BIN=$($how 2>>"$work/older-server.log") || continue
    [ "$("$OLDER_SERVER_BIN" --version 2>/dev/null)" = "nats-server: v$older_version" ] || continue
    export OLDER_SERVER_BIN
    echo "nats-server $older_version: $OLDER_SERVER_BIN"
    return
  done
  unset OLDER_SERVER_BIN
  tail -n 5 "$work/older-server.log"
  not_run "tests on nats-server $older_version" \
    "/usr/sbin/nats-server is another version or missing, apt-get does not have it, and Go is missing or cannot build it"
}

unpack_debian_package() (
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return
  mkdir -p "$work/debian" && cd "$work/debian" || return
  download_debian_package || { [ "$(id -u)" = 0 ] && apt-get -q update >&2 && download_debian_package; } || return
  dpkg-deb -x nats-server_*.deb . || return
  echo "$work/debian/usr/sbin/nats-server"
)

download_debian_package() {
  timeout 120 apt-get -q download "nats-server=$older_version*" >&2
}

# Its modules are made writable, so that they can be removed.
build_with_go() {
  command -v go >/dev/null || return
  GOBIN="$work/go" GOPATH="$work/go-path" GOCACHE="$work/go-cache" GOFLAGS=-modcacherw \
    timeout 300 go install "github.com/nats-io/nats-server/v2@v$older_version" >&2 || return
  echo "$work/go/nats-server"
}

tests_on_older_server() {
  local files
  # An unknown path fails the lane: vitest would leave it out without a word.
  files=$(find test/{requester,responder,stream-setup,dead-letters,permissions,testing,connection} \
    test/history/broken.test.ts test/docs/{requester,responders}.test.ts test/runner/plain-responder.test.ts \
    test/protocol/{foreign-requester,foreign-responder,server-answers}.test.ts \
    -name '*.test.ts') || return
  # shellcheck disable=SC2086 # no test file has a blank in its name
  NATS_SERVER_BIN=$OLDER_SERVER_BIN run_tests "on nats-server $older_version" --project kit $files
}
