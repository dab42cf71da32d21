package dev.holdfast.gateway;

import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.util.Map;

/**
 * Netty's settings for a process that is a gateway and nothing else: they shorten its start and its
 * requests. A setting that the user has made by {@code -D} stays.
 */
public final class NettyDefaults {
  private static final Map<String, String> SETTINGS =
      Map.of(
          // A stack trace for one buffer in 128 took a fiftieth of the time of a short request.
          "io.netty.leakDetection.level",
          "disabled",
          // The classes of its events of Flight Recorder are in no start-up cache.
          "io.netty.jfr.enabled",
          "false",
          // Both are part of the ids of channels, which never leave the process. To find them out,
          // Netty reads all network interfaces.
          "io.netty.machineId",
          "02:00:00:00:00:01",
          "io.netty.processId",
          "0");

  private NettyDefaults() {}

  /** Sets them; must be called before the process uses Netty. */
  public static void use() {
    SETTINGS.forEach((name, value) -> {
      if (System.getProperty(name) == null) {
        System.setProperty(name, value);
      }
    });
    // Where Netty ends anyway, after a search of all jars for libraries that are not there.
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
  }
}
