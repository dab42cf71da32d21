package dev.holdfast.blackbox.rotten.core.engine;

import java.util.SplittableRandom;

/** Breaks a rule on purpose; see ArchitectureTest. */
public record DrawsChance(SplittableRandom random) {}
