package dev.holdfast.blackbox.rotten.core.engine;

/** Breaks a rule on purpose; see ArchitectureTest. */
record StartsThreads(Thread thread) {}
