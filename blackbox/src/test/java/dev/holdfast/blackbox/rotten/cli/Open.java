package dev.holdfast.blackbox.rotten.cli;

/** Breaks two rules on purpose; see ArchitectureTest. */
class Open {
  static boolean isSaidBy(String name) {
    return name.isEmpty();
  }
}
