# shellcheck shell=bash
# The compiled kit on the supported Node versions that did not run the tests. Sourced by `run`.

work=${work:?}

scenario_on_other_nodes() {
  local major result=0
  for major in 20 22 24; do
    [ "$major" = "$(node -p 'process.versions.node.split(".")[0]')" ] || scenario_on_node "$major" || result=1
  done
  return "$result"
}

# These npm packages hold the official Node binaries.
scenario_on_node() {
  local package folder="$work/node-$1" output="$work/node-$1.log"
  package=$(node -p '["node", process.platform, process.arch].join("-")')
  if ! timeout 120 npm install --silent --prefix "$folder" "$package@$1" >"$output" 2>&1; then
    not_run "scenario on Node $1" "$package@$1 cannot be installed"
    return
  fi
  local node="$folder/node_modules/$package/bin/node"
  PATH="$(dirname "$node"):$PATH" timeout 120 "$node" dist/cli.js scenario offline-responder >"$output" 2>&1 </dev/null ||
    { cat "$output"; echo "offline-responder does not hold on Node $("$node" --version)"; return 1; }
  echo "offline-responder holds on Node $("$node" --version)"
  timeout 60 "$node" .ci/websocket.mjs "$(node .ci/pinned-server.js)" >"$output" 2>&1 </dev/null ||
    { cat "$output"; echo "a websocket does not work on Node $("$node" --version)"; return 1; }
  cat "$output"
}
