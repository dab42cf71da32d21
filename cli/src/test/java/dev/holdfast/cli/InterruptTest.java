package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a signal does to a process; SIGTERM, since Java cannot send SIGINT, takes the same way. */
class InterruptTest {
  @TempDir private Path temp;

  @Test
  @Timeout(600) // Starts a JVM, on a machine that may be busy.
  void aSignalClosesTheStreamAndStillReportsWhatArrived() throws Exception {
    assumeFalse(System.getProperty("os.name").startsWith("Windows"), "there are no signals");
    Script slow = (stream, attempt) -> List.of(new Fault.Slow(Duration.ofMillis(200)));
    Path err = temp.resolve("err");
    try (var server =
        FaultServer.builder().answer(Answer.ofText("word ".repeat(1000))).script(slow).start()) {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Dholdfast.grace-seconds=300", // A second is for people.
                  "-cp",
                  System.getProperty("java.class.path"),
                  "dev.holdfast.cli.Main",
                  "chat",
                  "--base-url",
                  server.baseUrl().toString(),
                  "hi")
              .redirectError(err.toFile())
              .start();
      assertThat(process.getInputStream().read()).isEqualTo('w');
      // By its handle: Process.destroy closes our end of stdout as well, and a process that finds
      // nobody reading has no reason to say how it ended.
      assertThat(process.toHandle().destroy()).isTrue();
      assertThat(process.waitFor()).isEqualTo(128 + 15);
      assertThat(server.awaitEnded(1, Duration.ofMinutes(2))).isTrue();
      assertThat(server.received().getFirst().ending())
          .isEqualTo(ReceivedRequest.Ending.CLIENT_CLOSED);
      assertThat(Files.readString(err)).startsWith("CANCELLED ").hasLineCount(1);
    }
  }
}
