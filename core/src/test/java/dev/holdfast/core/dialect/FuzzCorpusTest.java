package dev.holdfast.core.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that fuzzing has found worth keeping, read again; {@code .ci/fuzz} finds more. */
class FuzzCorpusTest {
  private static final long LARGEST_FILE = 64 << 10;
  private static final long LARGEST_CORPUS = 2 << 20;

  static List<FuzzTarget> targets() {
    return FuzzTarget.ALL;
  }

  @ParameterizedTest
  @MethodSource("targets")
  void theKeptCorpusHoldsItsClaim(FuzzTarget target) throws IOException {
    for (var file : files(target.corpus())) {
      assertThatCode(() -> Fuzzing.feed(target, Files.readAllBytes(file)))
          .as("%s/%s", target, file.getFileName())
          .doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @MethodSource("targets")
  void theSeedsHoldTheirClaim(FuzzTarget target) {
    assertThat(target.inputs()).as(target.id()).isNotEmpty();
    for (byte[] seed : target.inputs()) {
      Fuzzing.feed(target, seed);
    }
  }

  @Test
  void theCorpusIsThereAndSmall() throws IOException {
    long sum = 0;
    int count = 0;
    for (var target : FuzzTarget.ALL) {
      for (var file : files(target.corpus())) {
        assertThat(Files.size(file)).as(file.toString()).isLessThanOrEqualTo(LARGEST_FILE);
        sum += Files.size(file);
        count++;
      }
    }
    assertThat(sum).isLessThanOrEqualTo(LARGEST_CORPUS);
    assertThat(count).isGreaterThan(400);
  }

  private static List<Path> files(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of(); // Nothing kept yet; the seeds are fed all the same.
    }
    try (var files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }
}
