// Arbitrary text for fast-check: every code point but half surrogates, and words that JavaScript itself uses. fast-check's
// own unit "binary" is the same, and takes half a second to prepare in each worker.
import fc from "fast-check";

const codePoint = fc
  .oneof(fc.nat(0x7f), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((code) => String.fromCodePoint(code));
const special = ["__proto__", "constructor", "toString", "valueOf"];

/** At most `maxLength` characters, counted as code points. */
export const anyText = (maxLength = 40): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 19, arbitrary: fc.string({ unit: codePoint, maxLength }) },
    { weight: 1, arbitrary: fc.constantFrom(...special.filter((word) => word.length <= maxLength)) },
  );
