package dev.holdfast.blackbox.rotten.core.frame;

import java.util.concurrent.locks.ReentrantLock;

/** Breaks a rule on purpose; see ArchitectureTest. */
record Locks(ReentrantLock lock) {}
