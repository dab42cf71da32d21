package dev.holdfast.observe.debug.rules;

import dev.holdfast.observe.debug.facts.Facts;
import org.jspecify.annotations.Nullable;

/** Recognises one condition. A pure function of the facts. */
@FunctionalInterface
interface DiagnosisRule {
  /** {@return what was recognised, or null} */
  @Nullable Finding look(Facts facts);
}
