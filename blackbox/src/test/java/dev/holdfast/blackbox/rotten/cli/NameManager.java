package dev.holdfast.blackbox.rotten.cli;

/** Breaks a rule on purpose; see ArchitectureTest. */
record NameManager(String name) {}
