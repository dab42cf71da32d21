package dev.holdfast.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds pages, command and comments to the prose rule of CONTRIBUTING.md. */
class ProseTest {
  private static final Path ROOT = SourceTree.root();

  private static final Pattern CLAIM =
      Pattern.compile("(?s)@(?:Parameterized)?Test\\b.*?\\bvoid (\\w+)\\(");

  private static final String LENGTH =
      "CONTRIBUTING.md, Prose: a sentence has at most " + Sentences.MOST_WORDS + " words";

  /** Files whose literals are answers of models, which may use any word. */
  private static final Set<String> ANSWERS =
      Set.of(
          "MetaSentence", "Answers", "EverydayAnswers", "Scenario", "ScriptedModel", "TrialCases");

  @Test
  void noPageUsesAListedWord() {
    assertThat(places(allPages(), Prose::inPage)).as(Prose.RULE).isEmpty();
  }

  private static Stream<Path> allPages() {
    return Stream.of(
            List.of(
                ROOT.resolve("README.md"),
                ROOT.resolve("CONTRIBUTING.md"),
                ROOT.resolve("SECURITY.md"),
                ROOT.resolve("CHANGELOG.md"),
                ROOT.resolve("benchmarks/README.md")),
            SourceTree.files(ROOT.resolve("docs"), ".md"),
            SourceTree.files(ROOT.resolve("examples"), "README.md"))
        .flatMap(List::stream);
  }

  @Test
  void noSentenceOfAPageIsTooLong() {
    assertThat(places(allPages(), Sentences::inPage)).as(LENGTH).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("modules")
  void noSentenceOfJavadocIsTooLong(String module) {
    var sources = SourceTree.files(ROOT.resolve(module + "/src/main/java"), ".java");

    assertThat(sources).isNotEmpty();
    assertThat(places(sources.stream(), Sentences::inJavadoc)).as(LENGTH).isEmpty();
  }

  @Test
  void aSentenceHasTwentyFiveWordsAtMost() {
    String words = "one ".repeat(24);
    String page =
        """
        # %1$s one more two more
        %1$s`a piece of code`. %1$s
        and two more.

        - An item: %1$s
        - two [linked words](x.md) %1$s

            code %1$s one two
        | table | %1$s one two |
        """
            .formatted(words);
    String source =
        """
        /** {@return %1$sx} The {@code rest of it} is %1$s. */
        // %1$s one two
        /** First.
         *
         * @param a %1$s one
         */
        """
            .formatted(words);

    assertThat(Sentences.inPage(page))
        .hasSize(3)
        .allSatisfy(sentence -> assertThat(sentence).doesNotContain("table", "#", "code "));
    assertThat(Sentences.inJavadoc(source)).hasSize(2);
  }

  /** Descriptions, footers and messages: every text that a user can read is a literal. */
  @ParameterizedTest
  @MethodSource("modules")
  void noTextOfAModuleUsesAListedWord(String module) {
    var sources = SourceTree.files(ROOT.resolve(module + "/src/main/java"), ".java");

    var messages =
        sources.stream()
            .filter(file -> !ANSWERS.contains(file.getFileName().toString().replace(".java", "")));

    assertThat(sources).isNotEmpty();
    assertThat(places(messages, Prose::inLiterals)).as(Prose.RULE).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("modules")
  void noCommentOfAModuleUsesAListedWord(String module) {
    var sources = SourceTree.files(ROOT.resolve(module + "/src/main/java"), ".java");

    assertThat(sources).isNotEmpty();
    assertThat(places(sources.stream(), Prose::inComments)).as(Prose.RULE).isEmpty();
  }

  @Test
  void noTestHasAListedWordInItsName() {
    var sources =
        SourceTree.files(ROOT, ".java").stream()
            .filter(file -> !file.toString().contains("/src/main/") || isContract(file));

    assertThat(places(sources, ProseTest::claims)).as(Prose.RULE).isEmpty();
    assertThat(claims("@Test void isOld() {} @Test void is" + "Told() {} void to" + "ld() {}"))
        .containsExactly("isTold");
  }

  /** A test of its own in the test kit, which implementations inherit. */
  private static boolean isContract(Path file) {
    return file.toString().contains("/testkit/junit/");
  }

  private static List<String> claims(String source) {
    return CLAIM
        .matcher(source)
        .results()
        .map(found -> found.group(1))
        .filter(HouseRules::isUnusual)
        .toList();
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

  /** {@return the published modules, by folder} */
  static List<String> modules() {
    return SourceTree.files(ROOT, "pom.xml").stream()
        .map(pom -> ROOT.relativize(pom).getParent())
        .filter(Objects::nonNull)
        .map(Path::toString)
        .filter(module -> Files.isDirectory(ROOT.resolve(module + "/src/main/java")))
        .toList();
  }

  private static List<String> places(Stream<Path> files, Function<String, List<String>> listed) {
    return files
        .flatMap(file ->
            listed.apply(String.join("\n", SourceTree.lines(file))).stream()
                .map(place -> ROOT.relativize(file) + " " + place))
        .toList();
  }
}
