package dev.holdfast.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Cause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds the documentation to the code, and to itself. */
class DocumentationTest {
  private final Path root = SourceTree.root();

  @Test
  void everyCauseHasASectionAndEverySectionIsACause() {
    assertThat(Markdown.headings(root.resolve("docs/causes.md"), 2))
        .containsExactlyElementsOf(Arrays.stream(Cause.values()).map(Cause::id).toList());
  }

  @Test
  void everyCauseIsExplainedBySymptomCauseAndCure() {
    var marks =
        Markdown.prose(root.resolve("docs/causes.md")).stream()
            .filter(line -> line.startsWith("## ") || line.startsWith("**"))
            .map(line -> line.startsWith("## ") ? "##" : line.substring(0, line.indexOf(".**") + 3))
            .toList();
    var section = List.of("##", "**Symptom.**", "**Cause.**", "**Cure.**");
    var expected = Arrays.stream(Cause.values()).flatMap(cause -> section.stream()).toList();
    assertThat(marks).isEqualTo(expected);
  }

  /** A practice that no test holds us to would be a wish. */
  @Test
  void everyGoodPracticeNamesATestThatExists() {
    var named = Pattern.compile("\\| `(\\w+Test)\\.(\\w+)` \\|");
    var tests =
        Markdown.prose(root.resolve("docs/causes.md")).stream()
            .map(named::matcher)
            .filter(Matcher::find)
            .toList();
    assertThat(tests).hasSize(14);
    assertThat(tests)
        .allSatisfy(test -> {
          var files = SourceTree.files(root, "/" + test.group(1) + ".java");
          assertThat(files).as(test.group(1)).hasSize(1);
          assertThat(SourceTree.lines(files.getFirst()))
              .as(test.group())
              .anyMatch(line -> line.contains(" " + test.group(2) + "("));
        });
  }

  /** A finding that no page explains cannot be looked up. */
  @Test
  void everyFindingOfTheDebuggerIsInItsTable() throws IOException {
    var named = Pattern.compile("Finding\\.of\\(\\s*\"([a-z0-9.-]+)\"");
    var table = Files.readString(root.resolve("docs/debugging.md"));
    var rules = root.resolve("observe/src/main/java/dev/holdfast/observe/debug/rules");
    var missing = new TreeSet<String>();
    int found = 0;
    for (Path source : SourceTree.files(rules, ".java")) {
      var names = named.matcher(Files.readString(source));
      while (names.find()) {
        found++;
        if (!table.contains("`" + names.group(1) + "`")) {
          missing.add(names.group(1));
        }
      }
    }
    assertThat(found).isGreaterThan(60);
    assertThat(missing).as("names to add to the table in docs/debugging.md").isEmpty();
  }

  @Test
  void everyRelativeLinkLeadsToAFileAndAHeading() {
    var pages = SourceTree.files(root, ".md");
    assertThat(pages).contains(root.resolve("README.md"));
    assertThat(pages.stream().flatMap(page -> Markdown.brokenLinks(page).stream())).isEmpty();
  }

  @Test
  void aLinkToAMissingFileOrHeadingIsFound(@TempDir Path top) throws IOException {
    Path page = top.resolve("page.md");
    Files.writeString(
        page,
        """
        # One `code` heading, said twice
        [a](page.md) [b](#one-code-heading-said-twice) [c](https://example.com/x) [d](gone.md)
        [e](page.md#gone)
        ```
        [f](in-code.md)
        ```
        """);
    assertThat(Markdown.brokenLinks(page))
        .containsExactly("page.md: gone.md", "page.md: page.md#gone");
  }

  @Test
  void decisionsAreNumberedWithoutGapsAndHaveFourParts() {
    var decisions = SourceTree.files(root.resolve("docs/decisions"), ".md");
    assertThat(decisions).isNotEmpty();
    for (int i = 0; i < decisions.size(); i++) {
      assertThat(decisions.get(i).getFileName().toString()).startsWith("%04d-".formatted(i + 1));
      assertThat(Markdown.headings(decisions.get(i), 2))
          .as(decisions.get(i).toString())
          .containsExactly("Context", "Decision", "Consequences", "What would reopen it");
    }
  }

  @Test
  void theReadmeBeginsWithWhatItIsAndTheTwoCommands() {
    var first = SourceTree.lines(root.resolve("README.md")).stream().limit(20).toList();
    assertThat(String.join("\n", first)).contains("./holdfast demo").contains("./mvnw verify");
  }
}
