package dev.holdfast.blackbox.rotten.testkit;

import dev.holdfast.blackbox.rotten.core.dialect.AnswerEncoder;

/** Breaks a rule on purpose; see ArchitectureTest. */
public record SpeaksByTheEncoder(AnswerEncoder encoder) {}
