package dev.holdfast.blackbox.rotten.testkit;

import dev.holdfast.blackbox.rotten.core.frame.FrameEncoder;

/** Breaks a rule on purpose; see ArchitectureTest. */
public record UsesTheEncoder(FrameEncoder encoder) {}
