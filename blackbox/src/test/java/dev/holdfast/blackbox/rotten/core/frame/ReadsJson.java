package dev.holdfast.blackbox.rotten.core.frame;

import tools.jackson.core.JsonToken;

/** Breaks a rule on purpose; see ArchitectureTest. */
record ReadsJson(JsonToken token) {}
