package dev.holdfast.gateway.config.file;

import org.jspecify.annotations.Nullable;

/** Where a file's {@code ${NAME}} is looked up. */
@FunctionalInterface
public interface Environment {
  /** {@return the variable of this name; null or empty if it is not set} */
  @Nullable String get(String name);
}
