package dev.holdfast.gateway.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many connections the descriptors of this process suffice for. Without one left, nothing can
 * be accepted, asked or stored, so the last ones are not given to clients.
 */
final class Descriptors {
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final String OPEN_FILES = "Max open files";

  /** What the process itself opens: jars, the journal, the management port. */
  private static final int OWN = 200;

  /** And not more than this share of a small limit. */
  private static final int SHARE = 4;

  private static final int CONNECTIONS = read();

  private Descriptors() {}

  /**
   * {@return the most connections of clients, of which each may take a second one upstream}
   * Unlimited on a system that does not show the limit.
   */
  static int connections() {
    return CONNECTIONS;
  }

  private static int read() {
    try {
      return connections(Files.readString(LIMITS));
    } catch (IOException e) {
      return Integer.MAX_VALUE;
    }
  }

  /**
   * {@return the same by a text of limits}
   *
   * @param limits lines as of {@code /proc/self/limits}
   */
  static int connections(String limits) {
    for (String line : limits.lines().toList()) {
      if (line.startsWith(OPEN_FILES)) {
        String soft = line.substring(OPEN_FILES.length()).strip().split("\\s+", 2)[0];
        if (soft.matches("\\d{1,9}")) {
          int most = Integer.parseInt(soft);
          return Math.max(1, (most - Math.min(OWN, most / SHARE)) / 2);
        }
      }
    }
    return Integer.MAX_VALUE;
  }
}
