package dev.holdfast.blackbox.debug;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What grows without end on the wire ends in a report: whole processes of 64 MB heap. */
@Timeout(300)
@Tag("slow")
class DebuggerMemoryTest {
  /** Twice the heap, and nine times with {@code -Plong}. */
  private static final long STREAM =
      Long.getLong(
          "holdfast.debug.bytes", Boolean.getBoolean("holdfast.long") ? 600_000_000 : 130_000_000);

  @Test
  void aStreamOfManyTimesTheHeapEndsInAReport() throws Exception {
    assertThat(probe(new Fault.EndlessStream(Position.event(3), STREAM)))
        .matches("truncated truncated " + Long.toString(STREAM).charAt(0) + "\\d+ true");
  }

  @Test
  void aLineOfManyTimesTheHeapEndsInAReport() throws Exception {
    assertThat(probe(new Fault.EndlessLine(Position.event(3), STREAM)))
        .startsWith("limit-exceeded endless-line ");
  }

  private static String probe(Fault fault) throws Exception {
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
                  DebugProbe.class.getName(),
                  "http://127.0.0.1:" + server.port() + "/v1/chat/completions")
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
