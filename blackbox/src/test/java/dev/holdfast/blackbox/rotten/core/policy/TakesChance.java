package dev.holdfast.blackbox.rotten.core.policy;

import java.util.random.RandomGenerator;

/** Breaks a rule on purpose; see ArchitectureTest. */
record TakesChance(RandomGenerator random) {}
