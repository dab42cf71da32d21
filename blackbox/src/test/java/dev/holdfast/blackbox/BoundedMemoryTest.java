package dev.holdfast.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Scanner;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What grows without end on the wire does not grow in memory: whole processes of 64 MB heap. */
@Timeout(300)
@Tag("slow")
class BoundedMemoryTest {
  private static final boolean LONG = Boolean.getBoolean("holdfast.long");
  private static final long LINE = LONG ? 400_000_000 : 200_000_000;

  /** Four heaps, and thirty with {@code -Plong}. */
  private static final long STREAM = LONG ? 2_000_000_000 : 256_000_000;

  @ParameterizedTest
  @MethodSource("dev.holdfast.testkit.fault.Protocol#spoken")
  void anEndlessLineIsATypedFailure(Protocol protocol) throws Exception {
    String told = probe(protocol, new Fault.EndlessLine(Position.event(3), LINE));

    assertThat(told).startsWith("TRUNCATED limit-exceeded ");
  }

  @ParameterizedTest
  @MethodSource("dev.holdfast.testkit.fault.Protocol#spoken")
  void manyTimesTheHeapOfEventsPassThrough(Protocol protocol) throws Exception {
    var told = new Scanner(probe(protocol, new Fault.EndlessStream(Position.event(3), STREAM)));

    assertThat(told.next() + " " + told.next()).isEqualTo("TRUNCATED truncated");
    assertThat(told.nextLong()).isGreaterThanOrEqualTo(STREAM);
    assertThat(told.nextLong()).isGreaterThan(STREAM / 1000);
  }

  private static String probe(Protocol protocol, Fault fault)
      throws IOException, InterruptedException {
    try (var server =
        FaultServer.builder()
            .answer(Answer.ofText("Once upon a time there was a very long answer."))
            .script(Script.ofAttempts(List.of(List.of(fault))))
            .start()) {
      var process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx64m",
                  "-XX:+UseSerialGC",
                  "-XX:+ExitOnOutOfMemoryError",
                  "-cp",
                  System.getProperty("java.class.path"),
                  HeapProbe.class.getName(),
                  protocol.id(),
                  server.baseUrl().toString())
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
}
