package dev.holdfast.gateway;

import io.netty.util.ResourceLeakDetector;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What Netty's leak detector reports, at its most suspicious level. */
final class Leaks {
  private static final List<String> FOUND = new CopyOnWriteArrayList<>();
  private static final Logger LOGGER = Logger.getLogger(ResourceLeakDetector.class.getName());

  static {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    LOGGER.addHandler(
        new Handler() {
          @Override
          public void publish(LogRecord report) {
            FOUND.add(report.getMessage());
          }

          @Override
          public void flush() {
            // Nothing is kept back.
          }

          @Override
          public void close() {
            // Nothing is open.
          }
        });
  }

  private Leaks() {}

  /** Switches the detector on, before any buffer is made. */
  static void watch() {
    if (ResourceLeakDetector.getLevel() != ResourceLeakDetector.Level.PARANOID) {
      throw new IllegalStateException("leak detector: must be paranoid");
    }
  }

  static List<String> found() {
    return FOUND;
  }
}
