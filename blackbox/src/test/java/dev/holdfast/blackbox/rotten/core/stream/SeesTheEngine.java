package dev.holdfast.blackbox.rotten.core.stream;

import dev.holdfast.blackbox.rotten.core.engine.DrawsChance;

/** Breaks a rule on purpose; see ArchitectureTest. */
record SeesTheEngine(DrawsChance engine) {}
