package dev.holdfast.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a monitor keeps, measured in a JVM of its own. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class MonitorMemoryTest {
  @Test
  void aMillionStreamsPassThroughAHeapOf24Megabytes() throws Exception {
    assertThat(probe("-Xmx24m", "flat", 1_000_000)).isEqualTo("1000000");
  }

  @Test
  void aFinishedStreamAlwaysTakesLessThanEightKilobytes() throws Exception {
    String bytes = probe("-Xmx200m", "size", 10_000);
    System.out.println("monitor: bytes of the largest finished stream: " + bytes);
    assertThat(Long.parseLong(bytes)).isBetween(200L, 8192L);
  }

  /** A figure for benchmarks/README.md; the machine may be busy, so nothing depends on it. */
  @Test
  void theNewsReportsAThousandLiveStreams() throws Exception {
    String millis = probe("-Xmx200m", "update", 1000);
    System.out.println("monitor: news about 1,000 live streams: " + millis + " ms");
    assertThat(Double.parseDouble(millis)).isPositive();
  }

  private static String probe(String heap, String what, int count)
      throws IOException, InterruptedException {
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                heap,
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                MonitorProbe.class.getName(),
                what,
                Integer.toString(count))
            .redirectErrorStream(true)
            .start();
    try (var output = process.getInputStream()) {
      String told = new String(output.readAllBytes(), StandardCharsets.UTF_8).strip();
      assertThat(process.waitFor()).as(told).isZero();
      return told;
    } finally {
      process.destroyForcibly();
    }
  }
}
