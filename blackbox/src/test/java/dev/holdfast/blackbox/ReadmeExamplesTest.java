package dev.holdfast.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The README shows what tests compile and run, to the letter. */
class ReadmeExamplesTest {
  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", ".."));

  @ParameterizedTest
  @CsvSource({
    "stream, client/src/test/java/dev/holdfast/client/ReadmeTest.java",
    "failover, client/src/test/java/dev/holdfast/client/ReadmeTest.java",
    "check, client/src/test/java/dev/holdfast/client/ReadmeTest.java",
    "cut, blackbox/src/test/java/dev/holdfast/blackbox/judge/ReadmeClientTest.java",
    "judged, blackbox/src/test/java/dev/holdfast/blackbox/judge/ReadmeClientTest.java",
  })
  void theReadmeShowsWhatIsRun(String example, String file) throws IOException {
    String source = Files.readString(ROOT.resolve(file));
    String run = between(source, "// tag::" + example + "[]\n", "// end::" + example);
    String readme = Files.readString(ROOT.resolve("README.md"));
    String shown = between(readme, "<!-- example: " + example + " -->\n```java\n", "```");

    assertThat(shown).isEqualTo(run.stripTrailing().stripIndent() + "\n");
    assertThat(shown.lines().count()).isLessThanOrEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"parts", "tools", "structured"})
  void thePageOfRequestsShowsWhatIsRun(String example) throws IOException {
    String source =
        Files.readString(
            ROOT.resolve("client/src/test/java/dev/holdfast/client/RequestExamplesTest.java"));
    String run = between(source, "// tag::" + example + "[]\n", "// end::" + example);
    String page = Files.readString(ROOT.resolve("docs/requests.md"));
    String shown = between(page, "<!-- example: " + example + " -->\n```java\n", "```");

    assertThat(shown).isEqualTo(run.stripTrailing().stripIndent() + "\n");
  }

  private static String between(String text, String start, String end) {
    int from = text.indexOf(start);
    assertThat(from).as(start).isNotNegative();
    from += start.length();
    return text.substring(from, text.indexOf(end, from));
  }
}
