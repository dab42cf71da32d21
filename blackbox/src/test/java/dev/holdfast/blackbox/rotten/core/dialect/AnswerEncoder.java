package dev.holdfast.blackbox.rotten.core.dialect;

/** Breaks a rule on purpose; see ArchitectureTest. */
public record AnswerEncoder(String name) {}
