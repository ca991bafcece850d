# shellcheck shell=bash
# The programs of the examples in Rust, for their tests. Sourced by `run`.

work=${work:?}

# Exports RUST_EXAMPLES, which test/docs/example.ts and bin/measure-conformance.mjs read.
provide_rust() {
  if ! command -v cargo >/dev/null; then
    not_run "tests of the examples in Rust" "there is no cargo"
  elif CARGO_TARGET_DIR="$work/rust" timeout 300 cargo build --manifest-path examples/rust/Cargo.toml >"$work/rust.log" 2>&1; then
    export RUST_EXAMPLES="$work/rust/debug"
    cargo --version
  else
    tail -n 5 "$work/rust.log"
    not_run "tests of the examples in Rust" "their crates cannot be fetched or built: rustc 1.89 or newer is needed"
  fi
}
