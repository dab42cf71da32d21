package dev.holdfast.core.stream;

/**
 * Tokens of an answer, as far as the provider told.
 *
 * @param input prompt tokens, or -1 if unknown
 * @param output completion tokens, or -1 if unknown
 * @param raw the provider's usage value as JSON, numbers verbatim
 */
public record TokenUsage(long input, long output, String raw) {}
