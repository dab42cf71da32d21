package dev.holdfast.benchmarks.journal;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** What a Redis reports of itself at a moment, by {@code INFO}. */
public final class RedisInfo {
  private static final int PORT = 6379;

  private final Map<String, String> fields;

  private RedisInfo(Map<String, String> fields) {
    this.fields = fields;
  }

  /** {@return what the Redis at {@code redis://HOST[:PORT]} reports now} */
  public static RedisInfo of(String address) throws IOException {
    var uri = URI.create(address);
    try (var socket = new Socket(uri.getHost(), uri.getPort() < 0 ? PORT : uri.getPort())) {
      socket.getOutputStream().write("INFO everything\r\n".getBytes(StandardCharsets.US_ASCII));
      var in = new BufferedInputStream(socket.getInputStream());
      String size = line(in);
      if (!size.startsWith("$")) {
        throw new IOException("Redis: must answer INFO, answered " + size);
      }
      byte[] text = in.readNBytes(Integer.parseInt(size.substring(1)));
      var fields = new HashMap<String, String>();
      for (String line : new String(text, StandardCharsets.UTF_8).split("\r\n", -1)) {
        int colon = line.indexOf(':');
        if (colon > 0) {
          fields.put(line.substring(0, colon), line.substring(colon + 1));
        }
      }
      return new RedisInfo(fields);
    }
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      line.append((char) b);
    }
    return line.toString().strip();
  }

  /** {@return the CPU time of its process so far, user and system, in seconds} */
  public double cpuSeconds() {
    return number("used_cpu_user") + number("used_cpu_sys");
  }

  /** {@return how many entries it has stored in Redis Streams} */
  public long entries() {
    String stats = fields.getOrDefault("cmdstat_xadd", "calls=0,");
    return Long.parseLong(stats.substring("calls=".length(), stats.indexOf(',')));
  }

  private double number(String name) {
    return Double.parseDouble(fields.getOrDefault(name, "0"));
  }

  /** {@return its version} */
  public String version() {
    return fields.getOrDefault("valkey_version", fields.getOrDefault("redis_version", "unknown"));
  }
}
