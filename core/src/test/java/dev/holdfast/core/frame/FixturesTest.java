package dev.holdfast.core.frame;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.frame.Frames.Seen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The project's own event streams: what they decode to is committed beside them. */
final class FixturesTest {
  private static final Path WIRE =
      Path.of(System.getProperty("holdfast.root", "..")).resolve("fixtures/wire");

  static Stream<Path> streams() throws IOException {
    try (Stream<Path> files = Files.list(WIRE)) {
      return files.filter(file -> file.toString().endsWith(".sse")).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("streams")
  void framesAreTheCommittedOnes(Path stream) throws IOException {
    byte[] bytes = Files.readAllBytes(stream);
    String frames =
        Frames.all(bytes, Math.max(1, bytes.length)).stream()
            .map(FixturesTest::line)
            .collect(Collectors.joining());
    Path expected = Path.of(stream.toString().replaceAll("sse$", "frames"));
    if ("write".equals(System.getProperty("holdfast.fixtures"))) {
      Files.writeString(expected, frames);
    }
    assertThat(frames).isEqualTo(Files.readString(expected));
  }

  @ParameterizedTest
  @MethodSource("streams")
  void anySplitOfTheSameBytesYieldsTheSameFrames(Path stream) throws IOException {
    byte[] bytes = Files.readAllBytes(stream);
    List<Seen> whole = Frames.all(bytes, Math.max(1, bytes.length));
    for (int size = 1; size < bytes.length; size++) {
      assertThat(Frames.all(bytes, size)).as("chunks of %d", size).isEqualTo(whole);
    }
    for (int cut = 1; cut < bytes.length; cut++) {
      assertThat(Frames.cutAt(bytes, cut)).as("cut at %d", cut).isEqualTo(whole);
    }
  }

  private static String line(Seen frame) {
    String data =
        frame
            .data()
            .replace("\\", "\\\\")
            .replace("\n", "\\n")
            .replace("\r", "\\r")
            .replace("\t", "\\t");
    return "%s%s | %s | %s | %d | %s\n"
        .formatted(
            frame.kind(),
            frame.unterminated() ? "!" : "",
            frame.type(),
            frame.lastEventId(),
            frame.invalid(),
            data);
  }
}
