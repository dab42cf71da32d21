package dev.holdfast.blackbox.rotten.core.frame;

/** Breaks a rule on purpose; see ArchitectureTest. */
public record FrameEncoder(String name) {}
