// Without it vitest would look for a configuration, and for tests, in the folders above.
export default { test: { include: ["conformance.test.mjs"], root: import.meta.dirname } }
