package dev.holdfast.blackbox.rotten.core.misc;

/** Breaks a rule on purpose; see ArchitectureTest. */
record Unplanned(String name) {}
