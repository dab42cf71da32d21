package dev.holdfast.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds pages, command and comments to the prose rule of CONTRIBUTING.md. */
class ProseTest {
  private static final Path ROOT = SourceTree.root();

  @Test
  void noPageUsesAListedWord() {
    var pages =
        Stream.concat(
            Stream.of("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
                .map(ROOT::resolve),
            SourceTree.files(ROOT.resolve("docs"), ".md").stream());

    assertThat(places(pages, Prose::inPage)).as(Prose.RULE).isEmpty();
  }

  /** Descriptions, footers and messages: every text of the command is a literal. */
  @Test
  void noTextOfTheCommandUsesAListedWord() {
    var sources = SourceTree.files(ROOT.resolve("cli/src/main/java"), ".java");

    assertThat(sources).isNotEmpty();
    assertThat(places(sources.stream(), Prose::inLiterals)).as(Prose.RULE).isEmpty();
  }

  /** The ceilings may only fall: a change that removes words lowers them. */
  @ParameterizedTest
  @CsvSource({"core, 0", "client, 0", "testkit, 0", "observe, 0", "cli, 0"})
  void commentsOfAModuleUseNoMoreListedWordsThanBefore(String module, int ceiling) {
    var sources = SourceTree.files(ROOT.resolve(module + "/src/main/java"), ".java");

    var places = places(sources.stream(), Prose::inComments);

    assertThat(places.size())
        .as(
            "%s. Listed words in the comments of %s, among them %s",
            Prose.RULE, module, places.subList(0, Math.min(20, places.size())))
        .isLessThanOrEqualTo(ceiling);
  }

  @Test
  void aListedWordCountsOutsideCodeAndQuotationsOnly() {
    String page =
        """
        The page says `told` and "nobody
        tells", but it goes
        on. <!-- who -->
        ```
        whoever
        ```
        [heard](told.md)
        """;
    String source =
        """
        /** Whoever {@code told} "says" it // goes
         *  on. */
        String text = "it is " + "told"; // 'in vain'
        """;

    assertThat(Prose.inPage(page))
        .containsExactly("line 1: says", "line 2: goes on", "line 7: heard");
    assertThat(Prose.inComments(source))
        .containsExactly("line 1: whoever", "line 1: goes on", "line 3: in vain");
    assertThat(Prose.inLiterals(source)).containsExactly("line 3: told");
  }

  private static List<String> places(Stream<Path> files, Function<String, List<String>> listed) {
    return files
        .flatMap(file ->
            listed.apply(String.join("\n", SourceTree.lines(file))).stream()
                .map(place -> ROOT.relativize(file) + " " + place))
        .toList();
  }
}
