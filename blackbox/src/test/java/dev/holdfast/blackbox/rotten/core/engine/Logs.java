package dev.holdfast.blackbox.rotten.core.engine;

/** Breaks a rule on purpose; see ArchitectureTest. */
record Logs(String name) {
  boolean isOn() {
    return System.getLogger(name).isLoggable(System.Logger.Level.INFO);
  }
}
