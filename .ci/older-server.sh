# shellcheck shell=bash
# The tests that talk to a server, once more on the one that Debian 12 has. Sourced by `run`.
# The rest of the suite asks no server, or starts whole runs, which take as long as all of these: the whole of it on another
# server is `NATS_SERVER_BIN=<path> npm test`.

work=${work:?}
older_server=/usr/sbin/nats-server
older_version=2.9.10

tests_on_older_server() {
  local version
  version=$("$older_server" --version 2>/dev/null) || version="nothing that runs"
  if [ "$version" != "nats-server: v$older_version" ]; then
    echo "lane not run: no nats-server $older_version here ($older_server is $version)"
    return 0
  fi
  local report="$work/older-server.json" result=0
  local files
  mapfile -t files < <(find test/{requester,responder,stream-setup,dead-letters,permissions,testing,connection} \
    test/history/broken.test.ts test/docs/{requester,responders}.test.ts test/runner/plain-responder.test.ts \
    -name '*.test.ts')
  NATS_SERVER_BIN=$older_server npx vitest run --project kit "${files[@]}" \
    --reporter=default --reporter=json --outputFile.json="$report" || result=1
  node .ci/summary.js "$report" "on nats-server $older_version: " || result=1
  return "$result"
}
