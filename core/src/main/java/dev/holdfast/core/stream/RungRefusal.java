package dev.holdfast.core.stream;

/**
 * Why one way to continue was not taken, or was refused.
 *
 * @param upstream the display name of the upstream that would have continued
 * @param rung how it would have continued
 * @param rule the rule against it, one sentence for display; no prompt text, no key
 */
public record RungRefusal(String upstream, Rung rung, String rule) {}
