package dev.holdfast.blackbox.rotten.cli;

import dev.holdfast.blackbox.SourceTree;

/** Breaks a rule on purpose; see ArchitectureTest. */
record SeesTheTests(int limit) {
  Object files() {
    return SourceTree.class;
  }
}
