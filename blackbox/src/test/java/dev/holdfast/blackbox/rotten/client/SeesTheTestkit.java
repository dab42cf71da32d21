package dev.holdfast.blackbox.rotten.client;

import dev.holdfast.blackbox.rotten.testkit.UsesTheEncoder;

/** Breaks a rule on purpose; see ArchitectureTest. */
public record SeesTheTestkit(UsesTheEncoder testkit) {}
