package dev.holdfast.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The README shows what tests compile and run, to the letter. */
class ReadmeExamplesTest {
  private static final Pattern TAGGED =
      Pattern.compile("(?s)// tag::(\\w+)\\[]\n(.*?)\n *// end::\\1\\[]");
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

  /** Every block of these pages is an example that a test runs, and no example is left out. */
  @ParameterizedTest
  @CsvSource({
    "java.md, java, client/src/test/java/dev/holdfast/client/JavaGuideTest.java",
    "reactor.md, java, integrations/async/src/test/java/dev/holdfast/async/ReactorPageTest.java",
    "resilience4j.md, java,"
        + " integrations/async/src/test/java/dev/holdfast/async/Resilience4jPageTest.java",
    "kotlin.md, kotlin, integrations/async/src/test/kotlin/dev/holdfast/async/KotlinPageTest.kt",
  })
  void everyBlockOfAPageIsRun(String page, String language, String file) throws IOException {
    String source = Files.readString(ROOT.resolve(file));
    String shown = Files.readString(ROOT.resolve("docs").resolve(page));
    var run = new TreeMap<String, String>();
    TAGGED
        .matcher(source)
        .results()
        .forEach(tag -> run.put(tag.group(1), tag.group(2).stripTrailing().stripIndent() + "\n"));
    var blocks = new TreeMap<String, String>();
    Pattern.compile("<!-- example: (\\w+) -->\n```" + language + "\n(.*?)```", Pattern.DOTALL)
        .matcher(shown)
        .results()
        .forEach(block -> blocks.put(block.group(1), block.group(2)));

    assertThat(blocks).isEqualTo(run).isNotEmpty();
    assertThat(shown.split("```" + language + "\n", -1)).hasSize(blocks.size() + 1);
  }

  @ParameterizedTest
  @CsvSource({
    "parts, client/src/test/java/dev/holdfast/client/RequestExamplesTest.java",
    "tools, client/src/test/java/dev/holdfast/client/RequestExamplesTest.java",
    "structured, client/src/test/java/dev/holdfast/client/RequestExamplesTest.java",
    "netty, netty/src/test/java/dev/holdfast/netty/NettyExampleTest.java",
  })
  void thePageOfRequestsShowsWhatIsRun(String example, String file) throws IOException {
    String source = Files.readString(ROOT.resolve(file));
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
