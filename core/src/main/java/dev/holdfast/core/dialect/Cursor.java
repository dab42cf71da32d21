package dev.holdfast.core.dialect;

/**
 * Where a generation that its provider keeps can be picked up again.
 *
 * @param generation the provider's id of the generation
 * @param position number or id of the last event that was read; empty for its start
 */
public record Cursor(String generation, String position) {}
