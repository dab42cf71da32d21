package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.KeyConfig.KeyLimits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A gateway in a process of its own, whose one key may ask one thing at a time. */
final class SharedKillChild {
  private SharedKillChild() {}

  /** {@return a gateway in a process of its own, once it listens} */
  static JournalKillChild.Running start(
      String upstream, String address, String prefix, String sha256) throws IOException {
    var started =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                SharedKillChild.class.getName(),
                upstream,
                address,
                prefix,
                sha256)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    var out =
        new BufferedReader(
            new InputStreamReader(started.getInputStream(), StandardCharsets.US_ASCII));
    String line = out.readLine();
    assertThat(line).as("port of a gateway").isNotNull();
    return new JournalKillChild.Running(started, Integer.parseInt(line));
  }

  @SuppressWarnings("SystemOut") // Its parent reads the port there.
  public static void main(String[] arguments) throws Exception {
    var key = new KeyConfig("team", arguments[3], List.of(), List.of(), new KeyLimits(0, 1, 0, 0));
    var config =
        SharedStateTest.config(
            arguments[0], arguments[1], arguments[2], shared -> shared, List.of(key));
    System.out.println(Gateway.start(config).port());
    System.out.flush();
    while (System.in.read() >= 0) {
      // Until the parent has ended.
    }
    System.exit(0);
  }
}
